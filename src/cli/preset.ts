import { defineCommand, type CommandDef } from 'citty'

const config = {
  config: {
    type: 'string',
    valueHint: 'FILE',
    description: 'The config file (default: the one that `ccr config path` prints)',
  },
} as const
const name = { type: 'positional', description: 'The name of the preset', required: true } as const
const text = (valueHint: string, description: string) => ({ type: 'string', valueHint, description }) as const

const list = defineCommand({
  meta: { name: 'list', description: 'The presets that are installed' },
  args: config,
  run: async ({ args }) => (await import('./preset/run.ts')).listPresets(args.config),
})

const info = defineCommand({
  meta: { name: 'info', description: 'What a preset is, whom it calls and what it was told' },
  args: { name, ...config },
  run: async ({ args }) => (await import('./preset/run.ts')).tellOfPreset(args.name, args.config),
})

const install = defineCommand({
  meta: {
    name: 'install',
    description: 'Install a preset from a folder or a manifest.json; of an installed one, answer its questions anew',
  },
  args: {
    source: {
      type: 'positional',
      description: 'A folder with a manifest.json, that file, or the name of an installed preset',
      required: true,
    },
    name: text('NAME', "What to call it (default: the manifest's own name)"),
    set: text('NAME=VALUE', 'An answer to a question of the preset, or a place in its config; may be repeated'),
    force: { type: 'boolean', description: 'Put it in the place of an installed one' },
    ...config,
  },
  run: async ({ args, rawArgs }) => {
    const { installPreset } = await import('./preset/run.ts')
    return installPreset(
      args.source,
      { name: args.name, set: everySet(rawArgs), force: args.force === true },
      args.config,
    )
  },
})

const exported = defineCommand({
  meta: { name: 'export', description: 'Make a preset of the config; keys become questions, and never leave it' },
  args: {
    name,
    output: text('FOLDER', 'Where to write it (default: among the installed presets)'),
    description: text('TEXT', 'What it is for'),
    author: text('NAME', 'Who has made it'),
    tags: text('A,B', 'Words to find it by'),
    version: text('VERSION', 'Default 1.0.0'),
    force: { type: 'boolean', description: 'Replace what stands there' },
    ...config,
  },
  run: async ({ args }) => (await import('./preset/run.ts')).exportPreset(args.name, args, args.config),
})

const remove = defineCommand({
  meta: { name: 'delete', description: 'Take an installed preset away (also `rm`, `remove`)' },
  args: { name, ...config },
  run: async ({ args }) => (await import('./preset/run.ts')).deletePreset(args.name, args.config),
})

/** `ccr preset`: providers and routes of their own, served below `/preset/<name>`. */
export const preset: CommandDef = defineCommand({
  meta: { name: 'preset', description: 'Install, list, export and delete presets' },
  subCommands: { list, info, install, export: exported, delete: remove, rm: remove, remove },
})

/** Of an option that stands several times the arguments hold the last. */
function everySet(args: readonly string[]): string[] {
  return args.flatMap((arg, index) => {
    if (arg.startsWith('--set=')) return [arg.slice('--set='.length)]
    return arg === '--set' && args[index + 1] !== undefined ? [args[index + 1] as string] : []
  })
}
