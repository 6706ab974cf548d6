import { expect, setDefaultTimeout, test } from 'bun:test'
import { join } from 'node:path'
import { createScratch } from '../client/agent.ts'
import { startConfigured } from '../client/served.ts'
import { goldens, inProcess, transcript, type Serve } from '../gateway/plugin/goldens.ts'
import { PLUGINS } from '../gateway/plugin/plugged.ts'

setDefaultTimeout(30_000)

const inExecutable: Serve = async (config, files) => {
  const scratch = await createScratch()
  for (const [name, text] of Object.entries(files)) await Bun.write(join(scratch.home, name), text)
  const router = await startConfigured(config, scratch, { PLUGINS, HOMES: scratch.home })
  return {
    ask: (path, body) =>
      fetch(router.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      }),
    [Symbol.asyncDispose]: async () => {
      await router[Symbol.asyncDispose]()
      await scratch[Symbol.asyncDispose]()
    },
  }
}

test.each(Object.keys(goldens))('%s does in the executable what it does elsewhere', async (name) => {
  for (const isStream of [true, false])
    // oxlint-disable-next-line no-await-in-loop -- one after the other: each starts an executable
    expect(await transcript(name, 'anthropic', isStream, inExecutable)).toBe(
      await transcript(name, 'anthropic', isStream, inProcess),
    )
})
