import { expect, test } from 'bun:test'
import { writeFile } from 'node:fs/promises'
import { CONFIG, createDesk, type Desk } from '../cli/program.ts'
import { running, startService } from '../cli/service.ts'
import { json } from '../helper/answer.ts'
import { chatAnswer } from '../helper/turn-chat.ts'
import { USAGE } from '../helper/turn.ts'
import { createUpstream, type Received } from '../helper/upstream.ts'

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEklEQVR4nGP4z8CAFWEXHbQSACj/P8Fu7N9hAAAAAElFTkSuQmCC'
const IMAGE = { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } }

/** Refuses a temperature, is blind, and counts more tokens than there are. */
function lab(request: Received) {
  const { temperature } = request.body as { temperature?: number }
  if (temperature !== undefined)
    return json({ error: { message: "Unsupported parameter: 'temperature'", param: 'temperature' } }, 400)
  return chatAnswer(request, { text: 'done', usage: { ...USAGE, input: Math.round(request.text.length / 4) } })
}

/** What differs between the configs of a test. */
interface Rows {
  readonly lab?: object
  readonly eyes?: object
  readonly more?: object
}

function configFor(url: string, { lab: labRow, eyes, more }: Rows = {}): string {
  const row = (name: string, models: readonly string[], own?: object): object => ({
    name,
    api_base_url: `${url}/${name}/v1/chat/completions`,
    // A placeholder: what is said of it names its place in the file, which any change moves.
    api_key: 'your-api-key',
    models,
    ...own,
  })
  return JSON.stringify({
    LOG: false,
    Providers: [row('lab', ['blind', 'long'], labRow), row('eyes', ['vision'], eyes)],
    Router: { default: 'lab,blind', image: 'eyes,vision', longContext: 'lab,long', longContextThreshold: 4000 },
    ...more,
  })
}

async function createScene(desk: Desk) {
  const upstream = await createUpstream((request) =>
    request.path.startsWith('/eyes') ? chatAnswer(request, { text: 'A red square.' }) : lab(request),
  )
  const file = await desk.write(CONFIG, configFor(upstream.url))
  const service = await startService(desk)
  const post = (path: string, body: object): Promise<Response> =>
    fetch(`${service.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-claude-code-session-id': 'session-of-this-test' },
      body: JSON.stringify({ model: 'claude-x', max_tokens: 9, ...body }),
    })
  return {
    upstream,
    /** Makes a call and gives whom it reached, in order. */
    async asked(body: object): Promise<string[]> {
      const before = upstream.requests.length
      const response = await post('/v1/messages', body)
      expect([response.status, await response.text()]).toEqual([200, expect.stringContaining('done')])
      return upstream.requests.slice(before).map(({ body: sent }) => (sent as { model: string }).model)
    },
    async count(body: object): Promise<number> {
      return ((await (await post('/v1/messages/count_tokens', body)).json()) as { input_tokens: number }).input_tokens
    },
    /** Saves a config and waits until it is in use. */
    async save(rows: Rows): Promise<void> {
      const hash = async () => (await running(desk))[0]?.config.hash
      const before = await hash()
      await writeFile(file, configFor(upstream.url, rows))
      const deadline = performance.now() + 10_000
      while ((await hash()) === before) {
        if (performance.now() > deadline) throw new Error('the config was not taken over within 10 s')
        await Bun.sleep(10)
      }
    },
    async [Symbol.asyncDispose]() {
      await service[Symbol.asyncDispose]()
      await upstream.close()
    },
  }
}

const says = (content: unknown, ...more: object[]) => ({ messages: [{ role: 'user', content }, ...more] })
const WARM = { ...says('hello'), temperature: 0.5 }
const SHOWN = says(
  [{ type: 'text', text: 'What is it?' }, IMAGE],
  { role: 'assistant', content: 'A box.' },
  {
    role: 'user',
    content: 'Paint it.',
  },
)
const SOME_ROW = { models: ['blind', 'long', 'one-more'] }

test('what a model refused is still known after the config has changed elsewhere, and asked anew where its row has', async () => {
  await using desk = await createDesk()
  await using scene = await createScene(desk)
  expect(await scene.asked(WARM)).toEqual(['blind', 'blind'])
  expect(await scene.asked(WARM)).toEqual(['blind'])
  await scene.save({ eyes: { models: ['vision', 'one-more'] } })
  expect(await scene.asked(WARM)).toEqual(['blind'])
  await scene.save({ eyes: { models: ['vision', 'one-more'] }, lab: SOME_ROW })
  expect(await scene.asked(WARM)).toEqual(['blind', 'blind'])
})

test('an image is not looked at again after a change elsewhere, and is where its describer’s row has changed', async () => {
  await using desk = await createDesk()
  await using scene = await createScene(desk)
  expect(await scene.asked(SHOWN)).toEqual(['vision', 'blind'])
  expect(await scene.asked(SHOWN)).toEqual(['blind'])
  await scene.save({ lab: SOME_ROW })
  expect(await scene.asked(SHOWN)).toEqual(['blind'])
  await scene.save({ lab: SOME_ROW, eyes: { api_key: 'another' } })
  expect(await scene.asked(SHOWN)).toEqual(['vision', 'blind'])
})

test('how a model counts is still known after a change elsewhere, and is forgotten with its row', async () => {
  await using desk = await createDesk()
  await using scene = await createScene(desk)
  const text = says('word '.repeat(1500))
  const plain = await scene.count(text)
  await scene.asked(text)
  const learnt = await scene.count(text)
  expect(learnt / plain).toBeGreaterThan(1.5)
  await scene.save({ eyes: { models: ['vision', 'one-more'] } })
  expect(await scene.count(text)).toBe(learnt)
  await scene.save({ lab: SOME_ROW })
  expect(await scene.count(text)).toBe(plain)
})

test('a conversation that has become long stays with its model after a change', async () => {
  await using desk = await createDesk()
  await using scene = await createScene(desk)
  const long = 'word '.repeat(6000)
  const talk = (length: number) =>
    says('begin', { role: 'assistant', content: long.slice(0, length) }, { role: 'user', content: 'go on' })
  expect(await scene.asked(talk(30_000))).toEqual(['long'])
  expect(await scene.asked(talk(26_000))).toEqual(['long'])
  await scene.save({ lab: SOME_ROW, more: { API_TIMEOUT_MS: 500_000 } })
  expect(await scene.asked(talk(26_000))).toEqual(['long'])
  expect(await scene.asked(says('another conversation'))).toEqual(['blind'])
})
