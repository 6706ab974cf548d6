import { describe, expect, test } from 'bun:test'
import { claudeEnvironment } from '../../src/cli/claude/environment.ts'
import { resolveConfig } from '../../src/config/resolve.ts'
import { anthropicFaults } from '../protocol/validate/anthropic.ts'
import { chatFaults } from '../protocol/validate/chat.ts'
import { geminiFaults } from '../protocol/validate/gemini.ts'
import { post } from '../helper/gateway.ts'
import type { Turn } from '../helper/turn.ts'
import { createScene, PROTOCOLS, tool, type Loose, type Scene, type SpokenProtocol } from './scene.ts'

const FAULTS: Readonly<Record<SpokenProtocol, (body: Loose) => string[]>> = {
  'anthropic-messages': anthropicFaults,
  // What models think is sent back to those that may want it.
  'openai-chat': (body) => chatFaults(body).filter((fault) => !fault.includes('reasoning_content')),
  gemini: geminiFaults,
}
const TEXT = 'No patch, no words.'

/** What Codex sends and keeps: nothing is stored at the provider, so that each turn holds the whole conversation. */
const CODEX = {
  model: 'gpt-5.2-codex',
  stream: true,
  store: false,
  include: ['reasoning.encrypted_content'],
  parallel_tool_calls: true,
  tool_choice: 'auto',
  tools: [
    { type: 'custom', name: 'apply_patch', description: 'Edits files.', format: { type: 'text' } },
    {
      type: 'function',
      name: 'exec_command',
      strict: false,
      parameters: { type: 'object', properties: { cmd: { type: 'string' } }, required: ['cmd'] },
    },
  ],
}

async function respond(scene: Scene, input: readonly object[], more: object = {}): Promise<Loose> {
  const response = await scene.gateway(post('/v1/responses', { ...CODEX, input, ...more }))
  const text = await response.text()
  if (response.status !== 200) throw new Error(text)
  const last: Loose = JSON.parse(
    /^data: (\{.*"type":"response\.(?:completed|failed|incomplete)".*)$/m.exec(text)?.[1] ?? '{}',
  )
  return last.response ?? { error: text }
}

describe('pains #43: Codex, which speaks only the Responses API', () => {
  test.each(PROTOCOLS)('pains #43: ten steps of commands and patches on a provider of %s', async (protocol) => {
    let step = 0
    await using scene = await createScene(protocol, (): Turn => {
      step++
      if (step > 10) return { text: TEXT }
      const call =
        step % 2 === 0
          ? { name: 'apply_patch', input: { input: `*** Begin Patch\nstep ${step} "é"\n*** End Patch` } }
          : { name: 'exec_command', input: { cmd: `echo ${step}` } }
      return { reasoning: `Step ${step}.`, text: `Now ${step}.`, calls: [{ ...call, id: `call_${step}` }] }
    })
    const input: Loose[] = [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: 'Work.' }] }]
    const made: string[] = []
    for (let turn = 0; turn < 10; turn++) {
      const { output } = await respond(scene, input)
      input.push(...output)
      for (const item of output as Loose[]) {
        if (item.type === 'function_call') {
          made.push(JSON.parse(item.arguments).cmd)
          input.push({ type: 'function_call_output', call_id: item.call_id, output: 'ok' })
        }
        if (item.type === 'custom_tool_call') {
          made.push(item.input)
          input.push({ type: 'custom_tool_call_output', call_id: item.call_id, output: 'patched' })
        }
      }
      expect(FAULTS[protocol](scene.sent())).toEqual([])
    }
    expect(made).toHaveLength(10)
    expect(made.slice(0, 2)).toEqual(['echo 1', '*** Begin Patch\nstep 2 "é"\n*** End Patch'])
    const end = await respond(scene, input)
    expect(end).toMatchObject({ status: 'completed' })
    expect(JSON.stringify(end.output)).toContain(TEXT)
    expect(FAULTS[protocol](scene.sent())).toEqual([])
  })
})

describe('pains #44: Codex has its conversation compacted', () => {
  test.each(PROTOCOLS)('pains #44: three times on a provider of %s, and goes on each time', async (protocol) => {
    let summaries = 0
    await using scene = await createScene(protocol, ({ text }): Turn => {
      if (!text.includes('Write that summary now')) return { text: 'Done.' }
      summaries++
      return { text: `Summary ${summaries}.` }
    })
    const said = (text: string) => ({ type: 'message', role: 'user', content: [{ type: 'input_text', text }] })
    let input: Loose[] = [said('Begin.')]
    for (let round = 1; round <= 3; round++) {
      input.push(...(await respond(scene, input)).output, said(`Round ${round}.`))
      const { output } = await respond(scene, [...input, { type: 'compaction_trigger' }])
      expect(output.map(({ type }: Loose) => type)).toEqual(['compaction'])
      const toolless = JSON.stringify(scene.sent())
      expect(toolless).toMatch(/"tool_choice":(?:"none"|\{"type":"none"\})|"mode":"NONE"|^(?!.*"tools")/)
      input = [...output, said(`After ${round}.`)]
      expect(await respond(scene, input)).toMatchObject({ status: 'completed' })
      expect(JSON.stringify(scene.sent())).toContain(`Summary ${round}.`)
      expect(JSON.stringify(scene.sent())).not.toContain('ccr1:')
      expect(FAULTS[protocol](scene.sent())).toEqual([])
    }
    expect(summaries).toBe(3)
  })
})

describe('pains #45: the tools that Claude Code loads only when it needs them', () => {
  const config = { ...resolveConfig({}, {}).config, file: '', exists: false, warnings: [] }
  const access = { url: 'http://127.0.0.1:1', key: 'k' }

  test('pains #45: it is told to search for tools as with Anthropic itself, unless the user says otherwise', () => {
    expect(claudeEnvironment({}, config, access)).toHaveProperty('ENABLE_TOOL_SEARCH', 'true')
    const own = claudeEnvironment({ ENABLE_TOOL_SEARCH: 'false' }, config, access)
    expect(own).toHaveProperty('ENABLE_TOOL_SEARCH', 'false')
  })

  test.each(['openai-chat', 'gemini'] as const)(
    'pains #45: what is not loaded costs no tokens, and what is found can be called (%s)',
    async (protocol) => {
      await using scene = await createScene(protocol, { calls: [{ name: 'mcp__git__log', input: { path: 'a' } }] })
      const held = [tool('Read'), tool('ToolSearch', { query: { type: 'string' } })]
      const placeholder = { ...tool('DeferredToolPlaceholder', {}), defer_loading: true }
      const found = { ...tool('mcp__git__log'), defer_loading: true }
      await scene.ask({ tools: [...held, placeholder] })
      const small = (scene.upstream.requests.at(-1)?.text ?? '').length
      expect(JSON.stringify(scene.sent().tools)).not.toContain('Placeholder')
      const messages = [
        { role: 'user', content: 'Log' },
        {
          role: 'assistant',
          content: [{ type: 'tool_use', id: 'toolu_1', name: 'ToolSearch', input: { query: 'log' } }],
        },
        {
          role: 'user',
          content: [
            {
              type: 'tool_result',
              tool_use_id: 'toolu_1',
              content: [{ type: 'tool_reference', tool_name: 'mcp__git__log' }],
            },
          ],
        },
      ]
      const told = await scene.ask({ tools: [...held, placeholder, found], messages })
      expect(told.content.at(-1)).toMatchObject({ type: 'tool_use', name: 'mcp__git__log' })
      expect(JSON.stringify(scene.sent().tools)).toContain('mcp__git__log')
      expect(FAULTS[protocol](scene.sent())).toEqual([])
      expect(small).toBeLessThan(1500)
    },
  )
})
