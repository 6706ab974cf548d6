import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { JsonObject } from '../../../src/canonical/json.ts'
import { loadUserCode } from '../../../src/config/load-user-code.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { createModuleLoader } from '../../../src/platform/load-module.ts'
import { testGateway, type TestGateway } from '../../helper/gateway.ts'

/** Where the plugins of the tests lie. */
export const PLUGINS = join(import.meta.dir, '../../fixture/plugins')

export interface Plugged extends TestGateway, Disposable {
  /** A folder of this gateway's own, in which its config lies. */
  readonly home: string
  /** What was told of the modules when they were loaded. */
  readonly problems: readonly string[]
  /** The config, as code of the user sees it. */
  readonly settings: JsonObject
  readonly clock: Hurry
}

/** Timers that can be made to run out at once. */
export interface Hurry {
  /** Those of `ms`; without it, all. */
  hurry(ms?: number): void
}

/** A gateway over a config file as a user writes it, with the modules that it names. `files` are written beside it. */
export async function plugged(config: object, files: Readonly<Record<string, string>> = {}): Promise<Plugged> {
  const home = mkdtempSync(join(tmpdir(), 'ccr-plugins-'))
  for (const [name, text] of Object.entries(files)) await Bun.write(join(home, name), text)
  const file = join(home, 'config.json')
  writeFileSync(file, JSON.stringify(config))
  const { config: read, problems } = await loadUserCode(
    loadConfig({ file, env: { PLUGINS, HOMES: home, CCR_HOME: home }, home }),
    createModuleLoader(),
    () => {},
  )
  let isHurried = (_ms: number): boolean => false
  const gateway = testGateway(read, {
    after(ms, run) {
      const timer = setTimeout(run, isHurried(ms) ? 1 : ms)
      return () => clearTimeout(timer)
    },
  })
  return {
    ...gateway,
    home,
    settings: read.plugins?.settings ?? {},
    clock: { hurry: (only) => void (isHurried = (ms) => only === undefined || ms === only) },
    problems: problems.map(({ line, message }) => `${line}: ${message}`),
    [Symbol.dispose]: () => rmSync(home, { recursive: true, force: true }),
  }
}

/** A config whose provider `mock` at `url` uses `use`. */
export function configWith(url: string, use: readonly unknown[], more: object = {}, provider: object = {}): object {
  return {
    Providers: [
      {
        name: 'mock',
        api_base_url: url,
        api_key: 'key-of-mock-1',
        models: ['mock-model'],
        transformer: { use },
        ...provider,
      },
    ],
    Router: { default: 'mock,mock-model' },
    ...more,
  }
}
