import { homedir } from 'node:os'
import { ModelError } from '../../canonical/error.ts'
import type { Config } from '../../config/config.ts'
import { loadConfig } from '../../config/load.ts'
import { didYouMean } from '../../config/suggest.ts'
import { explain } from '../../gateway/explain.ts'
import type { GatewayConfig } from '../../gateway/gateway.ts'
import { Failure } from '../failure.ts'
import { overridesOf } from '../overrides-of.ts'
import { type ExplainFlags, withFlags } from './flags.ts'
import { emptyRequest, readRequest } from './request.ts'
import { asJson, asText } from './tell.ts'

/** What the command line says. */
interface ExplainArguments extends ExplainFlags {
  readonly request?: string | undefined
  readonly config?: string | undefined
  readonly protocol?: string | undefined
  readonly json?: boolean | undefined
  readonly time?: string | undefined
  readonly preset?: string | undefined
}

/** Prints whom a request would go to, and why. Gives the exit code: 1 if it would be refused. */
export async function explainRequest(args: ExplainArguments, rawArgs: readonly string[]): Promise<number> {
  const config = loadConfig({
    env: process.env,
    home: homedir(),
    ...(args.config !== undefined && { file: args.config }),
  })
  const now = timeOf(args.time)
  const asking = args.preset === undefined ? config : presetOf(config, args.preset)
  const read = await asked(args)
  const { request, caller } = withFlags(read, args, headersIn(rawArgs))
  const told = explain(asking, request, caller, {
    now: () => now,
    // The same answer every time: who has most weight.
    random: () => 0.5,
    overridesOf: asking === config ? overridesOf(config, (_level, message) => console.error(message)) : () => [],
  })
  if (asking === config && config.userCode?.customRouter)
    console.error(`note: ${config.userCode.customRouter.file} is asked before all of this; it is not run here`)
  if (args.key !== undefined && !config.clientKeys?.some(({ label }) => label === args.key))
    console.error(`note: there is no key \`${args.key}\` in \`keys\``)
  console.log(args.json === true ? JSON.stringify(asJson(told), undefined, 2) : asText(told))
  return told.selection instanceof ModelError ? 1 : 0
}

function presetOf({ presets = {} }: Config, name: string): GatewayConfig {
  const preset = Object.hasOwn(presets, name) ? presets[name] : undefined
  if (preset) return preset
  const names = Object.keys(presets)
  const known = didYouMean(name, names) ?? (names.length > 0 ? `there are ${names.join(', ')}` : 'none is installed')
  throw new Failure(`ccr explain: there is no preset \`${name}\`; ${known}`)
}

async function asked({ request, protocol }: ExplainArguments) {
  if (request === undefined) return emptyRequest
  try {
    return await readRequest(request, protocol)
  } catch (error) {
    if (error instanceof ModelError) throw new Failure(`ccr explain: ${request}: ${error.message}`)
    throw error
  }
}

/** All headers that are given; of other options the last counts. */
function headersIn(rawArgs: readonly string[]): string[] {
  return rawArgs.flatMap((arg, index) => {
    if (arg === '--header') return rawArgs[index + 1] ?? []
    return arg.startsWith('--header=') ? arg.slice('--header='.length) : []
  })
}

function timeOf(written: string | undefined): number {
  if (written === undefined) return Date.now()
  const time = Date.parse(written)
  if (Number.isNaN(time)) throw new Failure('ccr explain: --time needs a date and a time, as 2026-01-31T22:30')
  return time
}
