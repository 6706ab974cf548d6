import { expect, test } from 'bun:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOriginStore } from '../../src/store/origins.ts'
import { answerTurn } from '../helper/answer-turn.ts'
import { post, testGateway, testProvider } from '../helper/gateway.ts'
import { THOUGHT_SIGNATURE } from '../helper/turn-gemini.ts'
import { createUpstream } from '../helper/upstream.ts'

const TOOLS = [{ type: 'function', function: { name: 'read', parameters: { type: 'object', properties: {} } } }]
const QUESTION = { role: 'user', content: 'Look.' }

const PROVIDERS = [
  ['anthropic-messages', '"thinking":"Hm."', '"signature":"'],
  ['openai-responses', '"text":"Hm."', '"encrypted_content":"sealed-0"'],
  ['gemini', '"functionCall":', `"thoughtSignature":"${THOUGHT_SIGNATURE}"`],
] as const
const CLIENTS: readonly [name: string, brings: (message: Record<string, unknown>) => object][] = [
  ['forgets what was thought', (message) => ({ ...message, reasoning_content: undefined })],
  ['brings back the words alone', (message) => message],
]
const table = PROVIDERS.flatMap((provider) => CLIENTS.map((client) => [...provider, ...client] as const))

test.each(table)(
  'a provider of %s gets its reasoning back, %s and %s, also after a restart, from a Chat client that %s',
  async (protocol, words, proof, _name, brings) => {
    const directory = mkdtempSync(join(tmpdir(), 'ccr-proofs-'))
    const file = join(directory, 'signatures.jsonl')
    await using upstream = await createUpstream((request) =>
      answerTurn(request, { reasoning: 'Hm.', calls: [{ name: 'read', input: {}, id: 'call_1' }] }),
    )
    let store = createOriginStore(file)
    const ask = async (messages: object[]): Promise<Record<string, unknown>> => {
      const providers = [testProvider(upstream.url, protocol)]
      store = createOriginStore(file)
      const { gateway } = testGateway({ providers }, { origins: store })
      const body = { model: 'm', messages, tools: TOOLS, reasoning_effort: 'medium' }
      const reply = await (await gateway(post('/v1/chat/completions', body))).json()
      return reply.choices[0].message
    }
    const message = await ask([QUESTION])
    expect(message['reasoning_content']).toBe('Hm.')
    await store.settled()
    await ask([QUESTION, brings(message), { role: 'tool', tool_call_id: 'call_1', content: 'It says 7.' }])
    expect(upstream.requests[1]?.text).toContain(words)
    expect(upstream.requests[1]?.text).toContain(proof)
    if (protocol === 'anthropic-messages') expect(upstream.requests[1]?.body).toHaveProperty('thinking.type', 'enabled')
    rmSync(directory, { recursive: true })
  },
)
