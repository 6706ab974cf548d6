import type { Json, JsonObject } from '../../canonical/json.ts'
import { asString } from '../../canonical/json.ts'
import type { Config } from '../../config/config.ts'
import { isError } from '../../config/diagnostic.ts'
import type { Environment } from '../../config/interpolate.ts'
import { isPresetName, type Installed } from '../../config/preset/folder.ts'
import { resolvePreset } from '../../config/preset/presets.ts'
import { questionsOf } from '../../config/preset/question.ts'
import type { Provider } from '../../provider/provider.ts'
import { nameOfTarget } from '../../router/model-name.ts'
import { SCENARIOS } from '../../router/route.ts'
import { answersIn } from './answers.ts'

/** One line of `ccr preset list`. */
export function lineOf({ name, manifest }: Installed): string {
  if (typeof manifest === 'string') return `${name} · cannot be read: ${manifest}`
  return [name, asString(manifest['version']), asString(manifest['description'])].filter(Boolean).join(' · ')
}

/** What `ccr preset info` says: never a key. */
export function describePreset({ name, directory, manifest }: Installed, config: Config, env: Environment): string[] {
  const folder = `folder: ${directory}`
  if (typeof manifest === 'string') return [`preset: ${name}`, folder, `not served: ${manifest}`]
  const { config: own, problems } = resolvePreset(manifest, config.raw, env)
  const routes = SCENARIOS.flatMap((scenario) => {
    const target = own.routes.targets[scenario]
    return target ? [`${scenario} → ${nameOfTarget(target)}`] : []
  })
  return [
    `preset: ${name}`,
    ...ABOUT.flatMap((key) => {
      const text = asString(manifest[key])
      return text ? [`${key}: ${text}`] : []
    }),
    folder,
    ...(isPresetName(name) ? [`served at: ${pathOf(name)}`] : []),
    ...callsOf(own.providers),
    ...(routes.length > 0 ? [`routes: ${routes.join(' · ')}`] : []),
    ...answersOf(manifest),
    ...problems.map((problem) => `${isError(problem) ? 'not served' : 'warning'}: ${problem.message}`),
  ]
}

/** Whom it calls, and where: a key goes nowhere else. */
export function callsOf(providers: readonly Provider[]): string[] {
  return providers.map(({ name, endpoints, models }) => {
    const hosts = new Set(endpoints.map(({ baseUrl }) => URL.parse(baseUrl)?.host ?? baseUrl))
    return `calls: ${name} at ${[...hosts].join(', ')} · ${models.join(', ') || 'any model'}`
  })
}

/** What stands before a client's own path. */
export function pathOf(name: string): string {
  return `/preset/${encodeURIComponent(name)}`
}

const ABOUT = ['version', 'description', 'author', 'homepage', 'repository', 'license'] as const

function answersOf(manifest: JsonObject): string[] {
  const answers = answersIn(manifest)
  return questionsOf(manifest, answers).map(({ id, isSecret, defaultValue }) => {
    const value = answers[id] ?? defaultValue
    const by = answers[id] === undefined && value !== undefined ? ' (by default)' : ''
    return `answer: ${id} = ${spell(value, isSecret)}${by}`
  })
}

function spell(value: Json | undefined, isSecret: boolean): string {
  if (value === undefined) return 'nothing'
  const isReference = typeof value === 'string' && /^\$(?:\{[^}]+\}|[A-Z_][A-Z0-9_]*)$/.test(value)
  return isSecret && !isReference ? '[not shown]' : JSON.stringify(value)
}
