import type { Config } from '../../config/config.ts'
import { isLoopback } from '../../config/proxy.ts'
import { isObject } from '../../canonical/json.ts'
import type { Access } from '../claude/environment.ts'
import { randomText } from '../../server/proof.ts'
import { userConfigHome } from '../home.ts'
import { version } from '../version.ts'
import { fingerprintOf } from './about.ts'
import { askOf, askWho } from './ask.ts'
import { readRunFiles, type RunFile } from './run-file.ts'
import { readSecret } from './secret.ts'

/** One that takes longer is not waited for: a router of one's own is there sooner. */
const PATIENCE_MS = 500

/** A service that a run uses. */
export interface Joined {
  readonly access: Access
  /** What the calls of this run took, as the service tells it; absent: it does not. */
  line(): Promise<string | undefined>
}

/**
 * How to use a service of this user that would treat every call as `config` says. It gets the key only after it has proved
 * to be this user's. One that differs is left alone, and with CCR_DEBUG it is said why.
 */
export async function joinService(config: Config): Promise<Joined | undefined> {
  const secret = readSecret(userConfigHome())
  // Of its further keys only hashes are known: there is none to show.
  if (config.clientKeys && config.apiKey === undefined) return undefined
  if (secret === undefined) return undefined
  const services = readRunFiles(userConfigHome()).filter(({ kind, url }) => kind === 'service' && isLocal(url))
  const reasons = await Promise.all(services.map((service) => reasonAgainst(service, config, secret)))
  const chosen = services[reasons.indexOf(undefined)]
  if (chosen) {
    const run = randomText(12)
    // Without a key of the service's, any will do; Claude Code asks for a login if it has none.
    const access = { url: chosen.url, key: config.apiKey ?? 'ccr', run }
    return { access, line: () => lineOf(run, chosen, secret) }
  }
  if (process.env['CCR_DEBUG']) {
    services.forEach((service, index) => console.error(`ccr: ${service.url} is not used: ${reasons[index]}`))
  }
  return undefined
}

async function reasonAgainst({ url, instance }: RunFile, config: Config, secret: string): Promise<string | undefined> {
  const who = await askWho(url, secret, PATIENCE_MS)
  if (who.type !== 'own' || who.instance !== instance) return 'it does not run any more'
  if (who.version !== version) return `it is version ${who.version}, this is ${version}`
  const about = await askOf(url, secret, who, { role: 'describe' })
  if (!about) return 'it does not tell of itself'
  const its = isObject(about['config']) ? about['config'] : {}
  if (its['problem'] !== undefined) return 'its config file is broken'
  if (its['file'] !== config.file) return 'it has another config file'
  const isSame = about['fingerprint'] === fingerprintOf(config, secret)
  return isSame ? undefined : 'its config, or the environment that it was started in, differs'
}

async function lineOf(run: string, { url, instance }: RunFile, secret: string): Promise<string | undefined> {
  const who = await askWho(url, secret, PATIENCE_MS)
  // After a restart of the service nobody knows the whole.
  if (who.type !== 'own' || who.instance !== instance) return undefined
  const about = await askOf(url, secret, who, { role: 'describe', query: `?run=${run}` })
  return typeof about?.['run'] === 'string' ? about['run'] : undefined
}

function isLocal(url: string): boolean {
  return isLoopback(new URL(url).hostname)
}
