import { describe, expect, test } from 'bun:test'
import { rename, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CONFIG, configOf, createDesk, type Desk, installClaude, readUntil, startedWith } from '../cli/program.ts'
import { ask, running, startService } from '../cli/service.ts'
import { chatAnswer } from '../helper/turn-chat.ts'
import { createUpstream, type Upstream } from '../helper/upstream.ts'

/** A provider that answers its own name, and to nobody but who shows its key and names its model. */
function createProvider(name: string): Promise<Upstream> {
  return createUpstream((request) => {
    const { model } = request.body as { model: string }
    const fits = request.headers['authorization'] === `Bearer key-of-${name}` && model === `model-of-${name}`
    return chatAnswer(request, { text: fits ? name : `${name} was asked for ${model} with another key` })
  })
}

function configFor(name: string, { url }: Upstream, more: object = {}): string {
  const provider = {
    name: 'lab',
    api_base_url: `${url}/v1/chat/completions`,
    api_key: `key-of-${name}`,
    models: [`model-of-${name}`],
  }
  return JSON.stringify({ LOG: false, Providers: [provider], Router: { default: `lab,model-of-${name}` }, ...more })
}

async function answerOf(url: string, key?: string): Promise<string> {
  const reply = (await (await ask(url, key === undefined ? {} : { key })).json()) as { content?: { text: string }[] }
  return reply.content?.[0]?.text ?? JSON.stringify(reply)
}

/** Waits until `url` is answered by `name`. */
function until(name: string, url: string, key?: string): Promise<void> {
  return eventually(
    name,
    () => answerOf(url, key),
    (answer) => answer === name,
  )
}

/** Waits until the config's problem matches; an empty pattern: until there is none. */
function untilProblem(desk: Desk, pattern: RegExp): Promise<void> {
  const problem = async () => (await running(desk))[0]?.config.problem ?? ''
  return eventually(String(pattern), problem, (text) => pattern.test(text))
}

async function eventually(
  wanted: string,
  look: () => Promise<string>,
  isIt: (found: string) => boolean,
): Promise<void> {
  const deadline = performance.now() + 10_000
  for (let found = await look(); !isIt(found); found = await look()) {
    if (performance.now() > deadline) throw new Error(`expected ${wanted}, and found ${found} for 10 s`)
    await Bun.sleep(10)
  }
}

const saves: readonly (readonly [string, (file: string, text: string) => Promise<unknown>])[] = [
  ['in place', (file, text) => writeFile(file, text)],
  [
    'by a new file that takes its name',
    async (file, text) => {
      await writeFile(`${file}.new`, text)
      await rename(`${file}.new`, file)
    },
  ],
  [
    'as some editors do, by moving the old one away first',
    async (file, text) => {
      await rename(file, `${file}~`)
      await writeFile(file, text)
    },
  ],
]

describe('a config that is saved while the service runs', () => {
  test.each(saves)('%s takes effect, again and again', async (_name, save) => {
    await using desk = await createDesk()
    await using a = await createProvider('a')
    await using b = await createProvider('b')
    const file = await desk.write(CONFIG, configFor('a', a))
    await using service = await startService(desk)
    expect(await answerOf(service.url)).toBe('a')
    const before = (await running(desk))[0]?.config.hash
    await save(file, configFor('b', b))
    await until('b', service.url)
    expect((await running(desk))[0]?.config.hash).not.toBe(before)
    await save(file, configFor('a', a))
    await until('a', service.url)
    expect((await running(desk))[0]?.config.hash).toBe(before ?? '')
  })

  test('takes effect through a link', async () => {
    await using desk = await createDesk()
    await using a = await createProvider('a')
    await using b = await createProvider('b')
    const real = await desk.write('dotfiles/ccr.json', configFor('a', a))
    await desk.write('home/.claude-code-router/other', '')
    await symlink(real, join(desk.root, CONFIG))
    await using service = await startService(desk)
    await writeFile(`${real}.new`, configFor('b', b))
    await rename(`${real}.new`, real)
    await until('b', service.url)
  })

  test('that is broken is told by line and column and changes nothing, until it is repaired', async () => {
    await using desk = await createDesk()
    await using a = await createProvider('a')
    await using b = await createProvider('b')
    const file = await desk.write(CONFIG, configFor('a', a))
    const child = await desk.spawn(['start', '--port', '0'])
    const url = /http:\/\/\S+:\d+/.exec(await readUntil(child.stdout, /\n/))?.[0] ?? ''
    await writeFile(file, '{\n  "Providers": [}\n}')
    expect(await readUntil(child.stderr, /\n/)).toMatch(
      /^warn: the config has changed and cannot be used.*config\.json:2:17: /,
    )
    expect(await answerOf(url)).toBe('a')
    expect((await desk.ccr(['status'])).stdout).toMatch(/the file on disk is not in use: .*config\.json:2:17: /)
    await writeFile(file, configFor('b', b))
    await until('b', url)
    await untilProblem(desk, /^$/)
    child.kill('SIGTERM')
    expect(await child.exited).toBe(0)
  })

  test('that is gone changes nothing', async () => {
    await using desk = await createDesk()
    await using a = await createProvider('a')
    const file = await desk.write(CONFIG, configFor('a', a))
    await using service = await startService(desk)
    await rm(file)
    await untilProblem(desk, /the file is gone/)
    expect(await answerOf(service.url)).toBe('a')
  })

  test('that would open the server to everybody is refused', async () => {
    await using desk = await createDesk()
    await using a = await createProvider('a')
    const file = await desk.write(CONFIG, configFor('a', a, { APIKEY: 'the-key-of-clients' }))
    await using service = await startServiceOn(desk, '0.0.0.0')
    await writeFile(file, configFor('a', a))
    await untilProblem(desk, /without a key/)
    expect((await ask(service.url)).status).toBe(401)
    expect(await answerOf(service.url, 'the-key-of-clients')).toBe('a')
  })

  test('another port is told to need a restart', async () => {
    await using desk = await createDesk()
    const file = await desk.write(CONFIG, configOf(undefined, { PORT: await freePort() }))
    const child = await desk.spawn(['start'])
    await readUntil(child.stdout, /\n/)
    await writeFile(file, JSON.stringify(configOf(undefined, { PORT: 4567 })))
    expect(await readUntil(child.stderr, /\n/)).toContain('PORT is 4567 now: that takes effect with `ccr restart`')
    child.kill('SIGTERM')
    expect(await child.exited).toBe(0)
  })

  test('a running answer ends on the config that it began with', async () => {
    await using desk = await createDesk()
    const gate = Promise.withResolvers<void>()
    await using slow = await createUpstream((request) => {
      const answer = chatAnswer(request, { text: 'begun before' })
      if (request.serial > 0) return answer
      return { ...answer, pieces: [answer.pieces[0] as string, { until: gate.promise }, ...answer.pieces.slice(1)] }
    })
    await using b = await createProvider('b')
    const file = await desk.write(CONFIG, configOf(slow.url))
    await using service = await startService(desk)
    const answer = ask(service.url, { stream: true }).then((response) => response.text())
    await slow.request()
    await writeFile(file, configFor('b', b))
    await until('b', service.url)
    gate.resolve()
    expect(await answer).toContain('event: message_stop')
  })

  test('50 times a second under load: every call sees one config, whole, and none fails', async () => {
    await using desk = await createDesk()
    await using a = await createProvider('a')
    await using b = await createProvider('b')
    const texts = [configFor('a', a), configFor('b', b)]
    const file = await desk.write(CONFIG, texts[0] ?? '')
    await using service = await startService(desk)
    const seen = new Map<string, number>()
    let saving = true
    const load = Array.from({ length: 8 }, async () => {
      while (saving) {
        const name = await answerOf(service.url)
        seen.set(name, (seen.get(name) ?? 0) + 1)
      }
    })
    for (let count = 1; count <= 75; count++) {
      await saves[count % 3]?.[1](file, texts[Math.floor(count / 5) % 2] ?? '')
      await Bun.sleep(20)
    }
    saving = false
    await Promise.all(load)
    expect([...seen.keys()].toSorted()).toEqual(['a', 'b'])
    await until('b', service.url)
  })

  test('takes effect in a running `ccr code`, too', async () => {
    await using desk = await createDesk()
    await using a = await createProvider('a')
    await using b = await createProvider('b')
    const file = await desk.write(CONFIG, configFor('a', a))
    await installClaude(desk, `echo up; while [ ! -e '${desk.root}/go' ]; do sleep 0.02; done`)
    const child = await desk.spawn(['code'])
    await readUntil(child.stdout, /up/)
    const { ANTHROPIC_BASE_URL: url = '', ANTHROPIC_AUTH_TOKEN: key = '' } = (await startedWith(desk)).env
    expect(await answerOf(url, key)).toBe('a')
    await writeFile(file, configFor('b', b))
    await until('b', url, key)
    await desk.write('go', '')
    expect(await child.exited).toBe(0)
  })
})

async function startServiceOn(desk: Desk, host: string) {
  const { stdout } = await desk.ccr(['start', '--detach', '--host', host, '--port', '0'])
  const [, port = ''] = /http:\/\/[^:]+:(\d+)/.exec(stdout) ?? []
  return {
    url: `http://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: async () => void (await desk.ccr(['stop', '--now', '--port', port])),
  }
}

async function freePort(): Promise<number> {
  using server = Bun.serve({ port: 0, hostname: '127.0.0.1', fetch: () => new Response('') })
  return server.port ?? 0
}
