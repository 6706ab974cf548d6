import { homedir } from 'node:os'
import { join } from 'node:path'
import { defineCommand } from 'citty'
import type { Config } from '../config/config.ts'
import { loadConfig, type LoadOptions } from '../config/load.ts'
import { userConfigHome } from './home.ts'
import { SPANS, type Quota } from '../gateway/limits/limits.ts'

const config = {
  config: {
    type: 'string',
    valueHint: 'FILE',
    description: 'The config file (default: the one that `ccr config path` prints)',
  },
} as const

const add = defineCommand({
  meta: { name: 'add', description: 'Make a client key. It is printed once; only its hash is written to the config' },
  args: { label: { type: 'positional', description: 'A name for it: whom it is for', required: true }, ...config },
  run: async ({ args }) => {
    const [{ writeClientKey }, { hashOfKey }, { exclusively }] = await Promise.all([
      import('../config/write.ts'),
      import('../config/client-keys.ts'),
      import('../store/exclusive.ts'),
    ])
    const key = `ccr-${crypto.getRandomValues(new Uint8Array(24)).toBase64({ alphabet: 'base64url' })}`
    // Of two that are made at once, each would write the file without the other.
    const file = exclusively(join(userConfigHome(), 'state', 'config.lock'), () =>
      writeClientKey(optionsOf(args.config), args.label, hashOfKey(key)),
    )
    console.log(key)
    console.error(`ccr: this is the key "${args.label}", shown this once; ${file} holds its hash`)
    console.error('ccr: what it may do (models, expires, limits, budget) can be written beside the hash')
  },
})

const list = defineCommand({
  meta: { name: 'list', description: 'The client keys of the config, and what each may do' },
  args: config,
  run: ({ args }) => {
    const { clientKeys = [] } = loadConfig(optionsOf(args.config))
    if (clientKeys.length === 0) console.log('no client key besides APIKEY: `ccr key add LABEL` makes one')
    for (const key of clientKeys) console.log([key.label, ...rightsOf(key)].join(' · '))
  },
})

/** `ccr key`: the keys that clients may show besides APIKEY. */
export const key = defineCommand({
  meta: { name: 'key', description: 'Make and list the keys of clients' },
  subCommands: { add, list },
})

function rightsOf({ models, expiresAt, limits }: NonNullable<Config['clientKeys']>[number]): string[] {
  return [
    models ? `models ${models.map(({ text }) => text).join(', ')}` : 'all models',
    ...(expiresAt === undefined ? [] : [`until ${new Date(expiresAt).toISOString().slice(0, 10)}`]),
    ...(limits?.quotas.map(spell) ?? []),
    ...(limits?.concurrent === undefined ? [] : [`${limits.concurrent} at once`]),
  ]
}

function spell({ of, span, most }: Quota): string {
  const time = Number.isFinite(SPANS[span].ms) ? `a ${span}` : 'in all'
  return `${of === 'cost' ? 'money' : of} ${most} ${time}`
}

function optionsOf(file: string | undefined): LoadOptions {
  return { env: process.env, home: homedir(), ...(file === undefined ? {} : { file }) }
}
