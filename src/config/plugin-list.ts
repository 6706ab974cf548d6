import { EventEmitter } from 'node:events'
import type { JsonObject } from '../canonical/json.ts'
import { type CustomRoute, customRouter } from '../gateway/plugin/custom-router.ts'
import { namedMiddleware } from '../gateway/plugin/guard.ts'
import { wordsOf } from '../gateway/plugin/hook.ts'
import type { Plugin, PluginExport, PluginTools } from '../gateway/plugin/plugin.ts'
import type { Plugins } from '../gateway/plugin/plugins.ts'
import { pluginRouter } from '../gateway/plugin/user-router.ts'
import type { LoadModule } from '../platform/load-module.ts'
import { didYouMean } from './suggest.ts'
import type { Registry } from './registry.ts'
import { tokenSpeed } from './token-speed.ts'
import type { NamedPlugin, UserModule } from './user-code.ts'

/** The plugins of a config as they are loaded. Each `add…` gives why it cannot be used, if it cannot. */
export interface PluginList {
  addPlugin(module: UserModule, load: LoadModule): Promise<string | undefined>
  addNamed(plugin: NamedPlugin): string | undefined
  addCustomRouter(module: UserModule, load: LoadModule): Promise<string | undefined>
  found(): Pick<Plugins, 'middleware' | 'routers'>
}

/** The plugins that are built in, by the name that `plugins` calls them by. */
type BuiltIn = Readonly<Record<string, (options: JsonObject) => Plugins['middleware'][number]>>

const builtIn: BuiltIn = { 'token-speed': tokenSpeed }

export function createPluginList(registry: Registry, tools: PluginTools): PluginList {
  const middleware: Plugins['middleware'][number][] = []
  const routers: Plugins['routers'][number][] = []
  const custom: Plugins['routers'][number][] = []
  return {
    async addPlugin({ file, options }, load) {
      let plugin: Plugin | undefined
      try {
        plugin = await madeFrom(await load(file), options, tools)
      } catch (cause) {
        return `did not load: ${wordsOf(cause)}`
      }
      if (!plugin) return 'exports no plugin: an object with a `name`, or a function that gives one, was expected'
      const { name } = plugin
      for (const [dialect, make] of Object.entries(plugin.dialects ?? {})) registry.addDialect(dialect, make, name)
      for (const own of plugin.middleware ?? []) middleware.push(() => namedMiddleware(name, own))
      const router = pluginRouter(plugin)
      if (router) routers.push(router)
      return undefined
    },
    addNamed({ name, options }) {
      const make = builtIn[name]
      if (!make) return `is not known${suggested(didYouMean(name, Object.keys(builtIn)))}`
      try {
        middleware.push(make(options))
        return undefined
      } catch (cause) {
        return `cannot be set up: ${wordsOf(cause)}`
      }
    },
    async addCustomRouter({ file }, load) {
      try {
        const run = functionOf(await load(file))
        if (!run) return 'exports no function'
        custom.push(customRouter(run, new EventEmitter(), tools.settings))
        return undefined
      } catch (cause) {
        return `did not load: ${wordsOf(cause)}`
      }
    },
    found: () => ({ middleware, routers: [...custom, ...routers] }),
  }
}

type Maker = Extract<PluginExport, (...given: never[]) => unknown>

async function madeFrom(exported: unknown, options: JsonObject, tools: PluginTools): Promise<Plugin | undefined> {
  const value = (exported as { default?: unknown } | undefined)?.default ?? exported
  const made: unknown = typeof value === 'function' ? await (value as Maker)(options, tools) : value
  const { name } = (made ?? {}) as Partial<Plugin>
  return typeof made === 'object' && typeof name === 'string' && name.trim() !== '' ? (made as Plugin) : undefined
}

/** CommonJS that was compiled from TypeScript says `default` twice. */
function functionOf(exported: unknown): CustomRoute | undefined {
  const inner = (exported as { default?: unknown } | undefined)?.default
  const innermost = (inner as { default?: unknown } | undefined)?.default
  const { router } = (exported ?? {}) as { router?: unknown }
  return [innermost, inner, exported, router].find((each) => typeof each === 'function') as CustomRoute | undefined
}

function suggested(suggestion: string | undefined): string {
  return suggestion === undefined ? '' : `; ${suggestion}`
}
