import { defineCommand } from 'citty'
import { loadConfig } from '../config/load.ts'
import { startDetached } from './detach.ts'
import { Failure } from './failure.ts'
import { userHome } from './home.ts'
import { askWho } from './instance/ask.ts'
import type { Found } from './instance/find.ts'
import { parseArguments } from './arguments.ts'
import { exposureProblem } from './start-check.ts'
import { readStartOptions, startArgs, type StartOptions } from './start-options.ts'
import { endService, findService } from './stop.ts'

/** `ccr restart`: ends the service and starts one in the background, as the ended one was started. */
export const restart = defineCommand({
  meta: { name: 'restart', description: 'End the service and start it anew in the background, with the same options' },
  args: {
    ...startArgs,
    now: { type: 'boolean', description: 'Cut running calls' },
  },
  async run({ args }) {
    const given = readStartOptions(args, 'ccr restart')
    const { found, secret, silence } = await findService('ccr restart', given.port)
    if (silence !== undefined) throw new Failure(silence)
    const options = {
      ...(found && optionsOf(found)),
      ...given,
      debug: given.debug || (found ? optionsOf(found).debug : false),
    }
    // A config that cannot be used must not cost the service that runs.
    checkConfig(options)
    return found ? replace(found, options, secret, args.now === true) : startDetached(options)
  },
})

/** Starts the next service as soon as the port is free: nobody else has to wait for the calls that the last one lets end. */
async function replace(last: Found, options: StartOptions, secret: string, isNow: boolean): Promise<number> {
  const ended = endService(last, secret, isNow)
  // Windows gives no port away while there are connections to it.
  const failed = await (process.platform === 'win32' ? ended : Promise.race([ended, untilFree(last.url, ended)]))
  if (failed) return failed
  const started = await startDetached(options)
  return (await ended) || started
}

async function untilFree(url: string, ended: Promise<unknown>): Promise<0> {
  let isOver = false
  const end = (): void => void (isOver = true)
  ended.then(end, end)
  // oxlint-disable-next-line no-await-in-loop -- a look after the other
  while (!isOver && (await askWho(url, undefined)).type !== 'nobody') await Bun.sleep(LOOK_MS)
  return 0
}

const LOOK_MS = 20

/** The options that the service was started with. */
function optionsOf({ about }: Found): StartOptions {
  const options = Array.isArray(about['options']) ? about['options'].map(String) : []
  return readStartOptions(parseArguments(startArgs, ['ccr restart'], options), 'ccr restart')
}

function checkConfig(options: StartOptions): void {
  const config = loadConfig({
    ...(options.config !== undefined && { file: options.config }),
    env: process.env,
    home: userHome(),
  })
  const exposure = exposureProblem(options.host ?? config.host, config)
  if (exposure !== undefined) throw new Failure(exposure)
}
