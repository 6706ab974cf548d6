import { describe, expect, test } from 'bun:test'
import type { JsonObject } from '../../src/canonical/json.ts'
import type { ProtocolId } from '../../src/canonical/native.ts'
import { MODELS, optionsOf, toldOf, type Client } from './parameters.ts'

/** What a provider is told for a wish: fields, the path of what is listed as left out, or both. */
type Answer = JsonObject | string | readonly [JsonObject, ...string[]]

interface Parameter {
  readonly asked: Partial<Record<Client, JsonObject>>
  readonly told: Readonly<Record<ProtocolId, Answer>>
}

const config = (options: JsonObject): JsonObject => ({ generationConfig: options })
const calling = (options: JsonObject): JsonObject => ({ toolConfig: { functionCallingConfig: options } })

/** A wish that everybody but some lists under `path`. */
const listed = (path: string, told: Partial<Record<ProtocolId, Answer>> = {}): Record<ProtocolId, Answer> => ({
  'anthropic-messages': path,
  'openai-chat': path,
  'openai-responses': path,
  gemini: path,
  'bedrock-converse': path,
  ...told,
})

const SOME = ['read', 'write']
const inChat = (mode: string): JsonObject => ({
  type: 'allowed_tools',
  allowed_tools: { mode, tools: SOME.map((name) => ({ type: 'function', function: { name } })) },
})
const inResponses = (mode: string): JsonObject => ({
  type: 'allowed_tools',
  mode,
  tools: SOME.map((name) => ({ type: 'function', name })),
})
const STOPS = ['1', '2', '3', '4', '5', '6']

const PARAMETERS: Readonly<Record<string, Parameter>> = {
  'a limit of the answer': {
    asked: {
      'anthropic-messages': { max_tokens: 99 },
      'openai-chat': { max_completion_tokens: 99 },
      'openai-responses': { max_output_tokens: 99 },
      gemini: config({ maxOutputTokens: 99 }),
    },
    told: {
      'anthropic-messages': { max_tokens: 99 },
      'openai-chat': { max_completion_tokens: 99 },
      'openai-responses': { max_output_tokens: 99 },
      gemini: { 'generationConfig.maxOutputTokens': 99 },
      'bedrock-converse': { 'inferenceConfig.maxTokens': 99 },
    },
  },
  'a temperature': {
    asked: {
      'anthropic-messages': { temperature: 0.5 },
      'openai-chat': { temperature: 0.5 },
      'openai-responses': { temperature: 0.5 },
      gemini: config({ temperature: 0.5 }),
    },
    told: {
      'anthropic-messages': { temperature: 0.5 },
      'openai-chat': { temperature: 0.5 },
      'openai-responses': { temperature: 0.5 },
      gemini: { 'generationConfig.temperature': 0.5 },
      'bedrock-converse': { 'inferenceConfig.temperature': 0.5 },
    },
  },
  'a temperature above 1': {
    asked: {
      'openai-chat': { temperature: 1.5 },
      'openai-responses': { temperature: 1.5 },
      gemini: config({ temperature: 1.5 }),
    },
    told: {
      'anthropic-messages': [{ temperature: 1 }, 'temperature'],
      'openai-chat': { temperature: 1.5 },
      'openai-responses': { temperature: 1.5 },
      gemini: { 'generationConfig.temperature': 1.5 },
      'bedrock-converse': [{ 'inferenceConfig.temperature': 1 }, 'temperature'],
    },
  },
  'a share of the likeliest tokens': {
    asked: {
      'anthropic-messages': { top_p: 0.5 },
      'openai-chat': { top_p: 0.5 },
      'openai-responses': { top_p: 0.5 },
      gemini: config({ topP: 0.5 }),
    },
    told: {
      'anthropic-messages': { top_p: 0.5 },
      'openai-chat': { top_p: 0.5 },
      'openai-responses': { top_p: 0.5 },
      gemini: { 'generationConfig.topP': 0.5 },
      'bedrock-converse': { 'inferenceConfig.topP': 0.5 },
    },
  },
  'a number of the likeliest tokens': {
    asked: { 'anthropic-messages': { top_k: 5 }, 'openai-chat': { top_k: 5 }, gemini: config({ topK: 5 }) },
    told: listed('top_k', {
      'anthropic-messages': { top_k: 5 },
      gemini: { 'generationConfig.topK': 5 },
      'bedrock-converse': { 'additionalModelRequestFields.top_k': 5 },
    }),
  },
  'more stop sequences than some take': {
    asked: {
      'anthropic-messages': { stop_sequences: STOPS },
      'openai-chat': { stop: STOPS },
      gemini: config({ stopSequences: STOPS }),
    },
    told: {
      'anthropic-messages': { stop_sequences: STOPS },
      'openai-chat': [{ stop: STOPS.slice(0, 4) }, 'stop_sequences[4]', 'stop_sequences[5]'],
      'openai-responses': 'stop_sequences',
      gemini: [{ 'generationConfig.stopSequences': STOPS.slice(0, 5) }, 'stop_sequences[5]'],
      'bedrock-converse': { 'inferenceConfig.stopSequences': STOPS },
    },
  },
  'a presence penalty': {
    asked: { 'openai-chat': { presence_penalty: 0.5 }, gemini: config({ presencePenalty: 0.5 }) },
    told: listed('presence_penalty', {
      'openai-chat': { presence_penalty: 0.5 },
      gemini: { 'generationConfig.presencePenalty': 0.5 },
    }),
  },
  'a frequency penalty': {
    asked: { 'openai-chat': { frequency_penalty: -1 }, gemini: config({ frequencyPenalty: -1 }) },
    told: listed('frequency_penalty', {
      'openai-chat': { frequency_penalty: -1 },
      gemini: { 'generationConfig.frequencyPenalty': -1 },
    }),
  },
  'a penalty that Gemini does not know': {
    asked: { 'openai-chat': { frequency_penalty: 2 } },
    told: listed('frequency_penalty', {
      gemini: [{ 'generationConfig.frequencyPenalty': 1.99 }, 'frequency_penalty'],
    }),
  },
  'a seed': {
    asked: { 'openai-chat': { seed: 7 }, gemini: config({ seed: 7 }) },
    told: listed('seed', { 'openai-chat': { seed: 7 }, gemini: { 'generationConfig.seed': 7 } }),
  },
  'a seed that Gemini does not know': {
    asked: { 'openai-chat': { seed: 2 ** 40 } },
    told: listed('seed'),
  },
  'probabilities of the tokens': {
    asked: {
      'openai-chat': { logprobs: true },
      'openai-responses': { include: ['message.output_text.logprobs'] },
      gemini: config({ responseLogprobs: true }),
    },
    told: listed('logprobs', {
      'openai-chat': { logprobs: true },
      'openai-responses': { include: ['reasoning.encrypted_content', 'message.output_text.logprobs'] },
      gemini: { 'generationConfig.responseLogprobs': true },
    }),
  },
  'probabilities of other tokens, too': {
    asked: {
      'openai-chat': { logprobs: true, top_logprobs: 3 },
      'openai-responses': { include: ['message.output_text.logprobs'], top_logprobs: 3 },
      gemini: config({ responseLogprobs: true, logprobs: 3 }),
    },
    told: listed('logprobs', {
      'openai-chat': { logprobs: true, top_logprobs: 3 },
      'openai-responses': { include: ['reasoning.encrypted_content', 'message.output_text.logprobs'], top_logprobs: 3 },
      gemini: { 'generationConfig.responseLogprobs': true, 'generationConfig.logprobs': 3 },
    }),
  },
  'a name of the user': {
    asked: {
      'anthropic-messages': { metadata: { user_id: 'u' } },
      'openai-chat': { user: 'u' },
      'openai-responses': { user: 'u' },
    },
    told: listed('metadata.user_id', {
      'anthropic-messages': { metadata: { user_id: 'u' } },
      'openai-chat': { user: 'u' },
      // So that calls of one user meet the same prompt cache.
      'openai-responses': { user: 'u', prompt_cache_key: expect.stringMatching(/^ccr-/) },
    }),
  },
  'a tier of OpenAI': {
    asked: { 'openai-chat': { service_tier: 'flex' }, 'openai-responses': { service_tier: 'flex' } },
    told: listed('service_tier', {
      'openai-chat': { service_tier: 'flex' },
      'openai-responses': { service_tier: 'flex' },
    }),
  },
  'a tier of Anthropic': {
    asked: { 'anthropic-messages': { service_tier: 'standard_only' } },
    told: listed('service_tier'),
  },
  'the tier that is everyone’s default': {
    asked: {
      'anthropic-messages': { service_tier: 'auto' },
      'openai-chat': { service_tier: 'auto' },
      'openai-responses': { service_tier: 'auto' },
    },
    told: { 'anthropic-messages': {}, 'openai-chat': {}, 'openai-responses': {}, gemini: {}, 'bedrock-converse': {} },
  },
  'one call at a time': {
    asked: {
      'anthropic-messages': { tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
      'openai-chat': { tool_choice: 'auto', parallel_tool_calls: false },
      'openai-responses': { tool_choice: 'auto', parallel_tool_calls: false },
    },
    told: {
      'anthropic-messages': { tool_choice: { type: 'auto', disable_parallel_tool_use: true } },
      'openai-chat': { tool_choice: 'auto', parallel_tool_calls: false },
      'openai-responses': { tool_choice: 'auto', parallel_tool_calls: false },
      gemini: [{ 'toolConfig.functionCallingConfig': { mode: 'AUTO' } }, 'tool_choice.disable_parallel_tool_use'],
      'bedrock-converse': {
        'additionalModelRequestFields.tool_choice': { type: 'auto', disable_parallel_tool_use: true },
      },
    },
  },
  'few words (Chat)': {
    asked: { 'openai-chat': { verbosity: 'low' } },
    told: listed('verbosity', { 'openai-responses': { text: { verbosity: 'low' } } }),
  },
  'few words (Responses)': {
    asked: { 'openai-responses': { text: { verbosity: 'low' } } },
    told: listed('text', { 'openai-chat': { verbosity: 'low' } }),
  },
  'an effort': {
    asked: {
      'anthropic-messages': { output_config: { effort: 'medium' } },
      'openai-chat': { reasoning_effort: 'medium' },
      'openai-responses': { reasoning: { effort: 'medium' } },
      gemini: config({ thinkingConfig: { thinkingLevel: 'MEDIUM' } }),
    },
    told: {
      'anthropic-messages': { thinking: { type: 'enabled', budget_tokens: 10_000 } },
      'openai-chat': { reasoning_effort: 'medium' },
      'openai-responses': { reasoning: { effort: 'medium', summary: 'auto' } },
      gemini: { 'generationConfig.thinkingConfig': { thinkingBudget: 8192 } },
      'bedrock-converse': { 'additionalModelRequestFields.thinking': { type: 'enabled', budget_tokens: 10_000 } },
    },
  },
  'a budget of thinking': {
    asked: {
      'anthropic-messages': { thinking: { type: 'enabled', budget_tokens: 4096 } },
      gemini: config({ thinkingConfig: { thinkingBudget: 4096, includeThoughts: true } }),
    },
    told: {
      'anthropic-messages': { thinking: { type: 'enabled', budget_tokens: 4096 } },
      'openai-chat': { reasoning_effort: 'low' },
      'openai-responses': { reasoning: { effort: 'low', summary: 'auto' } },
      gemini: { 'generationConfig.thinkingConfig': { thinkingBudget: 4096, includeThoughts: true } },
      'bedrock-converse': { 'additionalModelRequestFields.thinking': { type: 'enabled', budget_tokens: 4096 } },
    },
  },
  'no thinking': {
    asked: {
      'anthropic-messages': { thinking: { type: 'disabled' } },
      'openai-chat': { reasoning_effort: 'none' },
      'openai-responses': { reasoning: { effort: 'none' } },
      gemini: config({ thinkingConfig: { thinkingBudget: 0 } }),
    },
    told: {
      'anthropic-messages': { thinking: { type: 'disabled' } },
      'openai-chat': 'thinking',
      'openai-responses': 'thinking',
      gemini: { 'generationConfig.thinkingConfig': { thinkingBudget: 0 } },
      // Claude there thinks only when it is asked to.
      'bedrock-converse': {},
    },
  },
  'a call of any tool': {
    asked: {
      'anthropic-messages': { tool_choice: { type: 'any' } },
      'openai-chat': { tool_choice: 'required' },
      'openai-responses': { tool_choice: 'required' },
      gemini: calling({ mode: 'ANY' }),
    },
    told: {
      'anthropic-messages': { tool_choice: { type: 'any' } },
      'openai-chat': { tool_choice: 'required' },
      'openai-responses': { tool_choice: 'required' },
      gemini: { 'toolConfig.functionCallingConfig': { mode: 'ANY' } },
      'bedrock-converse': { 'toolConfig.toolChoice': { any: {} } },
    },
  },
  'a call of one tool': {
    asked: {
      'anthropic-messages': { tool_choice: { type: 'tool', name: 'run' } },
      'openai-chat': { tool_choice: { type: 'function', function: { name: 'run' } } },
      'openai-responses': { tool_choice: { type: 'function', name: 'run' } },
      gemini: calling({ mode: 'ANY', allowedFunctionNames: ['run'] }),
    },
    told: {
      'anthropic-messages': { tool_choice: { type: 'tool', name: 'run' } },
      'openai-chat': { tool_choice: { type: 'function', function: { name: 'run' } } },
      'openai-responses': { tool_choice: { type: 'function', name: 'run' } },
      gemini: { 'toolConfig.functionCallingConfig': { mode: 'ANY', allowedFunctionNames: ['run'] } },
      'bedrock-converse': { 'toolConfig.toolChoice': { tool: { name: 'run' } } },
    },
  },
  'no call at all': {
    asked: {
      'anthropic-messages': { tool_choice: { type: 'none' } },
      'openai-chat': { tool_choice: 'none' },
      'openai-responses': { tool_choice: 'none' },
      gemini: calling({ mode: 'NONE' }),
    },
    told: {
      'anthropic-messages': { tool_choice: { type: 'none' } },
      'openai-chat': { tool_choice: 'none' },
      'openai-responses': { tool_choice: 'none' },
      gemini: { 'toolConfig.functionCallingConfig': { mode: 'NONE' } },
      'bedrock-converse': [{ 'toolConfig.tools': undefined }, 'tool_choice', 'tools[0]', 'tools[1]', 'tools[2]'],
    },
  },
  'a call of some of the tools': {
    asked: {
      'openai-chat': { tool_choice: inChat('required') },
      'openai-responses': { tool_choice: inResponses('required') },
      gemini: calling({ mode: 'ANY', allowedFunctionNames: SOME }),
    },
    told: {
      // What cannot be forbidden is not shown.
      'anthropic-messages': [{ tools: SOME, tool_choice: { type: 'any' } }, 'tools[2]'],
      'openai-chat': { tool_choice: inChat('required') },
      'openai-responses': { tool_choice: inResponses('required') },
      gemini: { 'toolConfig.functionCallingConfig': { mode: 'ANY', allowedFunctionNames: SOME } },
      'bedrock-converse': [{ 'toolConfig.tools': SOME, 'toolConfig.toolChoice': { any: {} } }, 'tools[2]'],
    },
  },
  'calls of some of the tools alone': {
    asked: { 'openai-chat': { tool_choice: inChat('auto') }, 'openai-responses': { tool_choice: inResponses('auto') } },
    told: {
      'anthropic-messages': [{ tools: SOME, tool_choice: { type: 'auto' } }, 'tools[2]'],
      'openai-chat': { tool_choice: inChat('auto') },
      'openai-responses': { tool_choice: inResponses('auto') },
      gemini: [{ tools: SOME, 'toolConfig.functionCallingConfig': { mode: 'AUTO' } }, 'tools[2]'],
      'bedrock-converse': [{ 'toolConfig.tools': SOME }, 'tools[2]'],
    },
  },
  'calls of some of the tools alone, all of them valid': {
    asked: { gemini: calling({ mode: 'VALIDATED', allowedFunctionNames: SOME }) },
    told: {
      'anthropic-messages': [
        { tools: SOME, tool_choice: { type: 'auto' } },
        'toolConfig.functionCallingConfig',
        'tools[2]',
      ],
      'openai-chat': [{ tool_choice: inChat('auto') }, 'toolConfig.functionCallingConfig'],
      'openai-responses': [{ tool_choice: inResponses('auto') }, 'toolConfig.functionCallingConfig'],
      gemini: {},
      'bedrock-converse': [{ 'toolConfig.tools': SOME }, 'toolConfig.functionCallingConfig', 'tools[2]'],
    },
  },
  'a bias of tokens': {
    asked: { 'openai-chat': { logit_bias: { '5': 1 } } },
    told: listed('logit_bias'),
  },
  'labels of the request': {
    asked: { 'openai-chat': { metadata: { k: 'v' } }, 'openai-responses': { metadata: { k: 'v' } } },
    told: listed('metadata', {
      'openai-chat': { metadata: { k: 'v' } },
      'openai-responses': { metadata: { k: 'v' } },
    }),
  },
  'one answer': {
    asked: { 'openai-chat': { n: 1 }, gemini: config({ candidateCount: 1 }) },
    told: { 'anthropic-messages': {}, 'openai-chat': {}, 'openai-responses': {}, gemini: {}, 'bedrock-converse': {} },
  },
}

const CELLS = Object.entries(PARAMETERS).flatMap(([name, { asked, told }]) =>
  Object.entries(asked).flatMap(([client, wish]) =>
    (Object.keys(MODELS) as ProtocolId[]).map(
      (provider) => [name, client as Client, provider, wish, told[provider]] as const,
    ),
  ),
)

describe('every parameter arrives or is listed', () => {
  test.each(CELLS)('%s: from a client of %s to a provider of %s', (_, client, provider, wish, answer) => {
    const [sent, ...dropped] = typeof answer === 'string' ? [{}, answer] : Array.isArray(answer) ? answer : [answer]
    // In its own protocol a wish stays as it was said.
    const expected = client === provider ? { sent: optionsOf(wish), dropped: [] } : { sent, dropped }
    expect(toldOf(client, wish, provider)).toEqual(expected as ReturnType<typeof toldOf>)
  })
})

describe('several answers at once', () => {
  const ASKED = [
    ['openai-chat', { n: 2 }, 'n'],
    ['gemini', config({ candidateCount: 2 }), 'generationConfig.candidateCount'],
  ] as const
  test.each(
    ASKED.flatMap(([client, wish, param]) =>
      (Object.keys(MODELS) as ProtocolId[])
        .filter((provider) => provider !== client)
        .map((provider) => [client, provider, wish, param] as const),
    ),
  )('of a client of %s are refused by name where a provider speaks %s', (client, provider, wish, param) => {
    expect(() => toldOf(client, wish, provider)).toThrow(param.replace(/.*\./, ''))
  })
})

describe('a choice among some of the tools', () => {
  const CHAT = { tool_choice: inChat('required') }

  test.each<[ProtocolId, string]>([
    ['openai-chat', 'qwen3-coder'],
    ['openai-responses', 'grok-5'],
  ])('is made by showing those alone where %s serves a model of others (%s)', (provider, model) => {
    const told = toldOf('gemini', calling({ mode: 'ANY', allowedFunctionNames: SOME }), provider, model)
    expect(told).toEqual({ sent: { tools: SOME, tool_choice: 'required' }, dropped: ['tools[2]'] })
  })

  test.each<ProtocolId>(['anthropic-messages', 'gemini', 'bedrock-converse'])(
    'none of which is there is refused by name where a provider speaks %s',
    (provider) => {
      const choice = JSON.parse(JSON.stringify(CHAT).replaceAll('"read"', '"sing"').replaceAll('"write"', '"dance"'))
      expect(() => toldOf('openai-chat', choice, provider)).toThrow(/sing, dance/)
    },
  )

  test('that names what has no name stays with its protocol', () => {
    const choice = { type: 'allowed_tools', mode: 'auto', tools: [{ type: 'mcp', server_label: 'x' }] }
    expect(toldOf('openai-responses', { tool_choice: choice }, 'gemini')).toEqual({
      sent: {},
      dropped: ['tool_choice'],
    })
    expect(toldOf('openai-responses', { tool_choice: choice }, 'openai-responses').sent).toEqual({
      tool_choice: choice,
    })
  })
})
