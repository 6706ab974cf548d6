import { join } from 'node:path'
import { json, stream, type Answer } from '../../helper/answer.ts'
import { createUpstream, type Received } from '../../helper/upstream.ts'
import { post } from '../../helper/gateway.ts'
import { configWith, plugged } from './plugged.ts'

/** A plugin in the style of a public one, and a provider that it is for. */
export interface Golden {
  readonly file: string
  readonly options?: (home: string) => object
  readonly files?: (url: string) => Record<string, string>
  readonly whole: unknown
  readonly frames: readonly unknown[]
}

const usage = { prompt_tokens: 20, completion_tokens: 7, total_tokens: 27 }
const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'Read', arguments: '' } }
const chunk = (delta: object, more: object = {}) => ({
  id: 'c1',
  object: 'chat.completion.chunk',
  model: 'upstream-model',
  choices: [{ index: 0, delta, finish_reason: null }],
  ...more,
})
const finish = (reason: string) => ({ ...chunk({}), choices: [{ index: 0, delta: {}, finish_reason: reason }], usage })
const message = (fields: object, reason: string) => ({
  id: 'c1',
  object: 'chat.completion',
  model: 'upstream-model',
  choices: [{ index: 0, message: { role: 'assistant', ...fields }, finish_reason: reason }],
  usage,
})

const gemini = (parts: unknown[], more: object = {}) => ({
  response: {
    responseId: 'g1',
    modelVersion: 'gemini-x',
    candidates: [{ content: { role: 'model', parts }, ...more }],
    usageMetadata: { promptTokenCount: 20, candidatesTokenCount: 7, totalTokenCount: 27 },
  },
})
const geminiCall = { functionCall: { name: 'Read', args: { path: 'a ü.txt' } }, thoughtSignature: 'sig-of-gemini' }
const wrapped = (payload: unknown) => (typeof payload === 'string' ? payload : { response_payload: payload })

/** The plugins of `test/fixture/plugins`, by name. */
export const goldens: Record<string, Golden> = {
  'gemini-cli': {
    file: 'gemini-cli.js',
    options: (home) => ({ home, project: 'project-1' }),
    files: () => ({
      '.gemini/oauth_creds.json': JSON.stringify({ access_token: 'login-token-1', expiry_date: 9e15 }),
    }),
    whole: gemini([{ text: 'I read.' }, geminiCall], { finishReason: 'STOP' }),
    frames: [
      gemini([{ text: 'Let me see', thought: true }]),
      gemini([{ text: 'I ' }]),
      gemini([{ text: 'read.' }]),
      gemini([geminiCall], { finishReason: 'STOP' }),
    ],
  },
  'qwen-cli': {
    file: 'qwen-cli.js',
    options: (home) => ({ home }),
    files: (url) => ({
      '.qwen/oauth_creds.json': JSON.stringify({
        access_token: 'old',
        refresh_token: 'refresh-1',
        resource_url: url,
        expiry_date: 1,
      }),
    }),
    whole: message(
      {
        content: 'I read.',
        reasoning_content: 'Let me see',
        tool_calls: [{ ...call, function: { name: 'Read', arguments: '{"path":"a ü.txt"}' } }],
      },
      'tool_calls',
    ),
    frames: [
      chunk({ role: 'assistant', reasoning_content: 'Let me ' }),
      chunk({ reasoning_content: 'see' }),
      chunk({ content: 'I read.' }),
      chunk({ tool_calls: [call] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '{"path":' } }] }),
      chunk({ tool_calls: [{ index: 0, function: { arguments: '"a ü.txt"}' } }] }),
      finish('tool_calls'),
      '[DONE]',
    ],
  },
  'rovo-cli': {
    file: 'rovo-cli.cjs',
    options: () => ({ email: 'me@example.com' }),
    whole: wrapped(
      message(
        { content: 'I read.', tool_calls: [{ ...call, function: { name: 'Read', arguments: '{"path":"a ü.txt"}' } }] },
        'tool_calls',
      ),
    ),
    frames: [
      chunk({ role: 'assistant', content: 'I read.' }),
      chunk({ tool_calls: [{ ...call, function: { name: 'Read', arguments: '{"path":"a ü.txt"}' } }] }),
      finish('tool_calls'),
      '[DONE]',
    ].map(wrapped),
  },
  'chutes-glm': {
    file: 'chutes-glm.mjs',
    whole: message({ content: '<think>Let me see</think>\nI read.' }, 'stop'),
    frames: [
      ...['<think>', 'Let me ', 'see', '</think>', 'I ', 'read.'].map((content) => chunk({ content })),
      chunk({ tool_calls: [{ ...call, function: { name: 'Read', arguments: '{"path":"a ü.txt"}' } }] }),
      finish('tool_calls'),
      '[DONE]',
    ],
  },
  'token-counter': {
    file: 'token-counter.ts',
    options: (home) => ({ file: join(home, 'counted.jsonl') }),
    whole: message({ content: 'I read.' }, 'stop'),
    frames: [chunk({ role: 'assistant', content: 'I ' }), chunk({ content: 'read.' }), finish('stop'), '[DONE]'],
  },
}

const tool = {
  name: 'Read',
  description: 'Reads.',
  input_schema: { type: 'object', properties: { path: { type: 'string' } } },
}

/** A turn of Claude Code: an image, a call that was thought about, its result. */
const anthropic = (isStream: boolean) => ({
  model: 'claude-opus-4-8',
  max_tokens: 1000,
  stream: isStream,
  thinking: { type: 'adaptive' },
  output_config: { effort: 'medium' },
  metadata: { user_id: JSON.stringify({ device_id: 'd', session_id: 'session-1234' }) },
  system: [{ type: 'text', text: 'Be brief.', cache_control: { type: 'ephemeral' } }],
  tools: [tool],
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: 'What is this?' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'iVBORw0KGgo=' } },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'text', text: 'I look.' },
        { type: 'tool_use', id: 'toolu_1', name: 'Read', input: { path: 'b' } },
      ],
    },
    {
      role: 'user',
      content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: [{ type: 'text', text: 'B' }] }],
    },
  ],
})

const chat = (isStream: boolean) => ({
  model: 'gpt-x',
  stream: isStream,
  messages: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Read a.' },
  ],
  tools: [{ type: 'function', function: { name: 'Read', parameters: tool.input_schema } }],
})

/** Who asks. */
export const clients = {
  anthropic: { path: '/v1/messages', body: anthropic },
  chat: { path: '/v1/chat/completions', body: chat },
}

function answerOf(golden: Golden, request: Received): Answer {
  if (request.path === '/oauth2/token') return json({ access_token: 'login-token-2', expires_in: 3600 })
  const isStream = request.path.includes('streamGenerate') || JSON.stringify(request.body).includes('"stream":true')
  if (!isStream) return json(golden.whole)
  const data = (frame: unknown) => (typeof frame === 'string' ? frame : JSON.stringify(frame))
  return stream(golden.frames.map((frame) => `data: ${data(frame)}\n\n`))
}

/** Whatever serves a config with a plugin in it: `files` lie in the folder that `$HOMES` names. */
export type Serve = (
  config: object,
  files: Readonly<Record<string, string>>,
) => Promise<{ ask(path: string, body: object): Promise<Response> } & AsyncDisposable>

/** A gateway of this process. */
export const inProcess: Serve = async (config, files) => {
  const scene = await plugged(config, files)
  if (scene.problems.length > 0) throw new Error(scene.problems.join('; '))
  return {
    ask: (path, body) => scene.gateway(post(path, body)),
    [Symbol.asyncDispose]: async () => scene[Symbol.dispose](),
  }
}

/** What the plugin sends its provider, and what the client is then told: a line each, without what differs from run to run. */
export async function transcript(name: string, client: keyof typeof clients, isStream: boolean, serve: Serve) {
  const golden = goldens[name] as Golden
  await using upstream = await createUpstream((request) => answerOf(golden, request))
  const plugin = { path: `$PLUGINS/${golden.file}`, options: golden.options?.('$HOMES') ?? {} }
  const config = configWith(`${upstream.url}/v1/chat/completions`, [name], { transformers: [plugin] })
  await using served = await serve(config, golden.files?.(upstream.url) ?? {})
  const { path, body } = clients[client]
  const response = await served.ask(path, body(isStream))
  const told = await response.text()
  const sent = upstream.requests.map(({ path: to, headers, body: with_ }) => ({
    path: to,
    headers: Object.fromEntries(
      ['authorization', 'x-gateway-client', 'user-agent', 'content-type'].flatMap((header) =>
        header in headers && !(header === 'user-agent' && String(headers[header]).startsWith('Bun'))
          ? [[header, headers[header]]]
          : [],
      ),
    ),
    body: with_,
  }))
  const answer = isStream ? frames(told) : [shown(JSON.parse(told))]
  return [...sent, response.status, ...answer].map((line) => JSON.stringify(line)).join('\n')
}

/** The frames of a stream without what differs from run to run. */
function frames(text: string): unknown[] {
  return text
    .split('\n')
    .filter((line) => line.startsWith('data: '))
    .map((line) => line.slice(6))
    .map((data) => (data === '[DONE]' ? data : shown(JSON.parse(data))))
}

function shown(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value), (key, inner: unknown) => {
    if (key === 'created') return 0
    return typeof inner === 'string' ? inner.replace(/_[0-9A-Za-z]{24}\b/g, '_…') : inner
  })
}
