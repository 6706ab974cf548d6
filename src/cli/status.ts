import { defineCommand } from 'citty'
import { isObject, type JsonObject } from '../canonical/json.ts'
import { userConfigHome } from './home.ts'
import { askWho, reachable } from './instance/ask.ts'
import { findInstances, type Found } from './instance/find.ts'
import { readSecret } from './instance/secret.ts'
import { configuredPort } from './instance/select.ts'
import { printable } from './printable.ts'
import { describeEnding, describeSilent } from './stop.ts'

/** Like systemctl's: nothing runs. */
const NOT_RUNNING = 3

/** `ccr status`: what of this user runs, one line each. */
export const status = defineCommand({
  meta: { name: 'status', description: 'Tell what runs: services, and routers of `ccr code`' },
  args: { json: { type: 'boolean', description: 'Print JSON' } },
  async run({ args }) {
    const configHome = userConfigHome()
    const usual = reachable('127.0.0.1', configuredPort(configHome, process.env))
    const { found, silent, ending } = await findInstances(configHome, readSecret(configHome), [usual])
    const hasService = found.some(({ kind }) => kind === 'service')
    if (args.json) console.log(JSON.stringify(found.map(({ url, about }) => ({ url, ...about }))))
    else {
      for (const each of found) console.log(lineOf(each))
      for (const each of silent) console.log(describeSilent(each))
      for (const each of ending) console.log(describeEnding(each))
      if (!hasService) console.log(await nothingRuns(usual))
    }
    return hasService ? 0 : NOT_RUNNING
  },
})

function lineOf({ kind, url, who, about }: Found): string {
  const providers = Array.isArray(about['providers']) ? about['providers'].map(String) : []
  const [calls, running] = [Number(about['calls'] ?? 0), Number(about['running'] ?? 0)]
  return (
    [
      `${kind === 'code' ? 'ccr code' : 'service'} ${url}`,
      `pid ${who.pid}`,
      `version ${who.version}`,
      `up ${duration(Date.now() - Number(about['startedAt']))}`,
      `${calls} ${calls === 1 ? 'call' : 'calls'}${running > 0 ? ` and ${running} running` : ''}`,
      `providers: ${providers.join(', ') || 'none'}`,
      configOf(about),
    ].join(' · ') + restingIn(about)
  )
}

/** A line for each that is left alone because it fails. */
function restingIn({ resting }: JsonObject): string {
  const lines = (Array.isArray(resting) ? resting : [])
    .filter(isObject)
    .map(({ provider, what, state, until, why }) => {
      const left = Number(until) - Date.now()
      const when = state === 'open' && left > 0 ? `is left alone for ${duration(left)}` : 'is to be tried again'
      return `\n  ${printable(`${String(provider)}${what === 'provider' ? '' : `: ${String(what)}`} ${when} (${String(why)})`)}`
    })
  return lines.join('')
}

function configOf(about: JsonObject): string {
  const config = isObject(about['config']) ? about['config'] : {}
  const name = `config ${String(config['file'])}${config['hash'] === undefined ? ' (no file yet)' : ` (${String(config['hash'])})`}`
  return config['problem'] === undefined
    ? name
    : `${name}\n  the file on disk is not in use: ${String(config['problem'])}`
}

/** Who else may have the usual port matters to somebody who looks for the service. */
async function nothingRuns(url: string): Promise<string> {
  const { type } = await askWho(url, undefined)
  if (type === 'nobody') return 'no service runs; `ccr start --detach` starts one'
  const { describeTakenPort } = await import('./instance/taken-port.ts')
  const { hostname, port } = new URL(url)
  return `no service of yours runs, and ${await describeTakenPort(hostname, Number(port), undefined)}`
}

function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  const [days, hours, minutes] = [seconds / 86_400, (seconds / 3600) % 24, (seconds / 60) % 60].map(Math.floor)
  if (days) return `${days} d ${hours} h`
  if (hours) return `${hours} h ${minutes} min`
  return minutes ? `${minutes} min` : `${seconds} s`
}
