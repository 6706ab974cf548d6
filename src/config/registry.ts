import { namedDialect } from '../gateway/plugin/guard.ts'
import { wordsOf } from '../gateway/plugin/hook.ts'
import { createLogger, type Logger } from '../gateway/plugin/request-view.ts'
import type { LoadModule } from '../platform/load-module.ts'
import type { Log } from '../platform/ports.ts'
import type { DialectMaker } from '../provider/dialect.ts'
import type { DialectUse } from '../provider/provider.ts'
import { HOOKS, type Transformer } from '../provider/transformer.ts'
import type { UserModule } from './user-code.ts'

/** What modules of the user brought, by name. */
export interface Registry {
  /** Loads a module in the form of CCR's plugins. Gives why it cannot be used, if it cannot. */
  addTransformer(module: UserModule, load: LoadModule): Promise<string | undefined>
  /** A dialect of a plugin. */
  addDialect(name: string, make: DialectMaker, plugin: string): void
  /** What a name in `transformer.use` means; a text says why it cannot be made; nothing: no module brings it. */
  find(use: DialectUse): Pick<DialectUse, 'transformer' | 'plugged'> | string | undefined
  names(): string[]
  /** Those that bring an endpoint for clients. */
  endpoints(): Transformer[]
}

type Make = (options: Readonly<Record<string, unknown>>) => Made

/** What a module made, whatever else it has. */
type Made = Record<string, unknown>

interface Entry {
  /** The one that all providers share. */
  readonly shared: Transformer
  /** Makes another one; absent: the module exports an object. */
  readonly make?: (options: Readonly<Record<string, unknown>>) => Transformer
}

export function createRegistry(log: Log): Registry {
  const logger = createLogger(log, 'plugin')
  const entries = new Map<string, Entry>()
  const dialects = new Map<string, DialectMaker>()
  return {
    async addTransformer({ file, options }, load) {
      let exported: unknown
      try {
        exported = await load(file)
      } catch (cause) {
        return `did not load: ${wordsOf(cause)}`
      }
      const made = makerOf(exported)
      if (!made) return `exports neither a class nor an object with hooks (${HOOKS.join(', ')})`
      const make: Make = (more) => withLogger(made.make({ ...options, ...more }), logger)
      try {
        const first = make({})
        const name = nameOf(first, made.type)
        if (name === undefined) return 'has no `name`'
        if (!hasHook(first)) return `brings \`${name}\`, which has no hook (${HOOKS.join(', ')})`
        entries.set(name, { shared: bound(first, name), ...(made.type && { make: (more) => bound(make(more), name) }) })
        return undefined
      } catch (cause) {
        return `threw while it was set up: ${wordsOf(cause)}`
      }
    },
    addDialect: (name, make, plugin) => void dialects.set(name, namedDialect(plugin, name, make)),
    find({ name, options }) {
      const make = dialects.get(name) ?? dialects.get(nearest(name, [...dialects.keys()]) ?? '')
      if (make) return plugged(name, make, options)
      const entry = entries.get(name) ?? entries.get(nearest(name, [...entries.keys()]) ?? '')
      if (!entry) return undefined
      if (!entry.make || Object.keys(options).length === 0) return { transformer: entry.shared }
      try {
        return { transformer: entry.make(options) }
      } catch (cause) {
        return `the dialect \`${name}\` threw while it was set up with its options: ${wordsOf(cause)}`
      }
    },
    names: () => [...entries.keys(), ...dialects.keys()],
    endpoints: () => [...entries.values()].map(({ shared }) => shared).filter(({ endPoint }) => endPoint !== undefined),
  }
}

function plugged(
  name: string,
  make: DialectMaker,
  options: DialectUse['options'],
): Pick<DialectUse, 'plugged'> | string {
  try {
    return { plugged: make(options) }
  } catch (cause) {
    return `the dialect \`${name}\` threw while it was set up with its options: ${wordsOf(cause)}`
  }
}

type Constructor = (new (options: unknown) => Made) & { readonly TransformerName?: unknown }

/** The class, function or object that a module means to export, under whichever name. */
function makerOf(exported: unknown): { make: Make; type?: Constructor } | undefined {
  const found = candidates(exported).find((each) => isClass(each) || isFactory(each) || hasHook(each))
  if (isClass(found)) return { make: (options) => new found(options), type: found }
  if (isFactory(found)) return { make: found }
  return found === undefined ? undefined : { make: () => found as Made }
}

/** CommonJS that was compiled from TypeScript says `default` twice. */
function candidates(exported: unknown): unknown[] {
  const inner = (exported as { default?: unknown } | undefined)?.default
  const innermost = (inner as { default?: unknown } | undefined)?.default
  const others = typeof exported === 'object' && exported !== null ? Object.values(exported) : []
  return [innermost, inner, exported, ...others].filter((each) => each !== undefined && each !== null)
}

function isClass(value: unknown): value is Constructor {
  if (typeof value !== 'function') return false
  const { prototype } = value as { prototype?: unknown }
  return typeof prototype === 'object' && prototype !== null && (hasHook(prototype) || /^class\b/.test(String(value)))
}

function isFactory(value: unknown): value is Make {
  return typeof value === 'function' && !isClass(value)
}

function hasHook(value: unknown): boolean {
  return (
    typeof value === 'object' &&
    value !== null &&
    HOOKS.some((hook) => typeof (value as Record<string, unknown>)[hook] === 'function')
  )
}

function nameOf({ name }: Made, type: Constructor | undefined): string | undefined {
  return [name, type?.TransformerName].find((each) => typeof each === 'string' && each.trim() !== '') as
    | string
    | undefined
}

/** Hooks look for their logger on `this`. */
function withLogger(made: Made, logger: Logger): Made {
  if (typeof made === 'object' && made !== null && Object.isExtensible(made)) Object.assign(made, { logger })
  return made
}

/** The hooks alone, each with its own `this`: whatever else the user's object holds does not get into a provider's row. */
function bound(made: Made, name: string): Transformer {
  const hooks = HOOKS.flatMap((hook) => {
    const run = made[hook]
    return typeof run === 'function' ? [[hook, run.bind(made)] as const] : []
  })
  const { endPoint } = made
  return { name, ...(typeof endPoint === 'string' && { endPoint }), ...Object.fromEntries(hooks) }
}

function nearest(name: string, names: readonly string[]): string | undefined {
  return names.find((each) => each.toLowerCase() === name.toLowerCase())
}
