import { defineCommand } from 'citty'
import { loadConfig } from '../config/load.ts'
import { startDetached } from './detach.ts'
import { Failure } from './failure.ts'
import { userHome } from './home.ts'
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
    if (found) {
      const code = await endService(found, secret, args.now === true)
      if (code !== 0) return code
    }
    return startDetached(options)
  },
})

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
