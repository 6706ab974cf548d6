import { homedir } from 'node:os'
import { defineCommand } from 'citty'
import type { LoadOptions } from '../config/load.ts'
import { configFile } from '../config/load.ts'

const args = {
  config: {
    type: 'string',
    valueHint: 'FILE',
    description: 'The config file (default: the one that `ccr config path` prints)',
  },
} as const

const path = defineCommand({
  meta: { name: 'path', description: 'Print where the config file is' },
  args,
  run: ({ args: { config } }) => console.log(configFile(optionsOf(config))),
})

const check = defineCommand({
  meta: { name: 'check', description: 'Say what is wrong with the config file, and what it makes of its routes' },
  args,
  run: async ({ args: { config } }) => (await import('./config-check.ts')).checkConfig(optionsOf(config)),
})

const init = defineCommand({
  meta: { name: 'init', description: 'Write a config file to start from; an existing one is left alone' },
  args: {
    ...args,
    endpoints: { type: 'boolean', description: 'In the form with `endpoints` and a `defaultEndpoint`' },
  },
  run: async ({ args: { config, endpoints } }) => {
    const { initConfig } = await import('../config/write.ts')
    const { file, created } = initConfig(optionsOf(config), endpoints === true)
    console.log(
      created
        ? `${file}: written. Edit it, then run \`ccr config check\`.`
        : `${file}: exists already, and is left as it is.`,
    )
    return created ? 0 : 1
  },
})

const schema = defineCommand({
  meta: { name: 'schema', description: 'Print the JSON Schema of the config file, for editors' },
  run: async () => console.log(JSON.stringify((await import('../config/json-schema.ts')).jsonSchema(), null, 2)),
})

/** `ccr config`: where the config file is, whether it is right, one to start from, its schema. */
export const config = defineCommand({
  meta: { name: 'config', description: 'Find, check and start the config file' },
  subCommands: { path, check, init, schema },
})

function optionsOf(file: string | undefined): LoadOptions {
  return { env: process.env, home: homedir(), ...(file === undefined ? {} : { file }) }
}
