import type { JsonObject } from '../../canonical/json.ts'
import { askOf, askWho, type OwnInstance } from './ask.ts'
import { birthOf } from '../../store/process-birth.ts'
import { type Kind, readRunFiles, removeRunFile, type RunFile } from './run-file.ts'

/** An instance of this user that has proved to run. */
export interface Found {
  readonly kind: Kind
  readonly url: string
  readonly who: OwnInstance
  /** What it tells of itself. */
  readonly about: JsonObject
}

/** The instances of this user. */
export interface Instances {
  readonly found: readonly Found[]
  /** Noted, and something holds their port without answering: stopped by Ctrl+Z, say. */
  readonly silent: readonly RunFile[]
  /** Listen no more, and let their calls end. */
  readonly ending: readonly RunFile[]
}

/**
 * Asks every instance that was noted, and `further` addresses where one may be. Notes of instances that run no more are
 * removed.
 */
export async function findInstances(
  configHome: string,
  secret: string | undefined,
  further: readonly string[] = [],
): Promise<Instances> {
  if (secret === undefined) return { found: [], silent: [], ending: [] }
  const files = readRunFiles(configHome)
  const urls = [...new Set([...files.map(({ url }) => url), ...further])]
  const asked = await Promise.all(urls.map(async (url) => ({ url, who: await askWho(url, secret) })))
  const occupants = new Map(asked.map(({ url, who }) => [url, who]))

  const ending = files.filter((file) => file.ending && birthOf(file.pid) === file.ending.birth)
  const silent = files.filter((file) => !ending.includes(file) && occupants.get(file.url)?.type === 'silent')
  for (const file of files) {
    const who = occupants.get(file.url)
    const isThere =
      ending.includes(file) || who?.type === 'silent' || (who?.type === 'own' && who.instance === file.instance)
    if (!isThere) removeRunFile(configHome, file.instance)
  }
  // One that listens on a name is found by its address, too.
  const own = new Map<string, { url: string; who: OwnInstance }>()
  for (const { url, who } of asked)
    if (who.type === 'own' && !own.has(who.instance)) own.set(who.instance, { url, who })
  const found = await Promise.all([...own.values()].map((each) => describe(each.url, each.who, secret)))
  return { found, silent, ending }
}

async function describe(url: string, who: OwnInstance, secret: string): Promise<Found> {
  const about = (await askOf(url, secret, who, { role: 'describe' })) ?? {}
  return { kind: about['kind'] === 'code' ? 'code' : 'service', url, who, about }
}
