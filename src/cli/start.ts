import { defineCommand } from 'citty'
import { readStartOptions, startArgs } from './start-options.ts'

/** `ccr start`: serves until it is told to stop, here or in the background. */
export const start = defineCommand({
  meta: { name: 'start', description: 'Serve in the foreground until Ctrl+C, or with --detach in the background' },
  args: {
    ...startArgs,
    detach: { type: 'boolean', alias: 'd', description: 'Serve in the background; ends when the service listens' },
  },
  async run({ args }) {
    const options = readStartOptions(args, 'ccr start')
    if (args.detach) return (await import('./detach.ts')).startDetached(options)
    return (await import('./serve-here.ts')).serveHere(options)
  },
})
