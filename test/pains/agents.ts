import { parsed, type Agent, type Asked, type Heard, type Step } from './agent.ts'
import type { Loose } from './scene.ts'

type Read = Omit<Heard, 'status' | 'headers' | 'body'>

const HELLO: readonly Step[] = [{ says: 'Hi' }]
const stepsOf = ({ steps = HELLO }: Asked): readonly Step[] => steps
const dataUrl = (image: string): string => `data:image/png;base64,${image}`
const joined = (texts: readonly unknown[]): string => texts.filter((text) => typeof text === 'string').join('')

const anthropic: Agent = {
  protocol: 'anthropic-messages',
  path: () => '/v1/messages',
  body: (asked) => ({
    model: 'm',
    max_tokens: asked.limit ?? 8000,
    stream: asked.stream ?? true,
    messages: stepsOf(asked).map((step) => {
      if ('says' in step)
        return { role: 'user', content: [{ type: 'text', text: step.says }, ...imageBlocks(step.image)] }
      if ('answers' in step) {
        const calls = step.calls?.map(({ id, name, input }) => ({ type: 'tool_use', id, name, input })) ?? []
        return { role: 'assistant', content: [{ type: 'text', text: step.answers }, ...calls] }
      }
      const content = step.results.map(({ id, text, image }) => ({
        type: 'tool_result',
        tool_use_id: id,
        content: [{ type: 'text', text }, ...imageBlocks(image)],
      }))
      return { role: 'user', content }
    }),
    ...(asked.tools && { tools: asked.tools.map(({ name, schema }) => ({ name, input_schema: schema })) }),
    ...(asked.forced && {
      tool_choice: asked.forced.name === undefined ? { type: 'any' } : { type: 'tool', name: asked.forced.name },
    }),
    ...(asked.effort && { thinking: { type: 'adaptive' }, output_config: { effort: asked.effort } }),
    ...asked.more,
  }),
  read(events, isStream) {
    const error = events.find(({ type }) => type === 'error')?.error
    const blocks: Loose[] = isStream ? [] : (events[0].content ?? [])
    for (const { type, index, content_block, delta } of isStream ? events : []) {
      if (type === 'content_block_start') blocks[index] = { ...content_block, json: '' }
      if (delta?.type === 'text_delta') blocks[index].text += delta.text
      if (delta?.type === 'thinking_delta') blocks[index].thinking += delta.thinking
      if (delta?.type === 'input_json_delta') blocks[index].json += delta.partial_json
    }
    const calls = blocks.filter(({ type }) => type === 'tool_use')
    const end = isStream
      ? events.find(({ type }) => type === 'message_delta')?.delta.stop_reason
      : events[0].stop_reason
    return {
      text: joined(blocks.map(({ text }) => text)),
      thinking: joined(blocks.map(({ thinking }) => thinking)),
      calls: calls.map(({ id, name, input, json }) => ({ id, name, input: json ? parsed(json) : input })),
      end,
      ...(error && { error: { message: error.message, kind: error.type } }),
    }
  },
}

const chat: Agent = {
  protocol: 'openai-chat',
  path: () => '/v1/chat/completions',
  body: (asked) => ({
    model: 'm',
    stream: asked.stream ?? true,
    messages: stepsOf(asked).flatMap((step): object[] => {
      if ('says' in step) {
        const image = step.image === undefined ? [] : [{ type: 'image_url', image_url: { url: dataUrl(step.image) } }]
        return [{ role: 'user', content: [{ type: 'text', text: step.says }, ...image] }]
      }
      if ('answers' in step) {
        const calls = step.calls?.map(({ id, name, input }) => ({
          id,
          type: 'function',
          function: { name, arguments: JSON.stringify(input) },
        }))
        return [{ role: 'assistant', content: step.answers, ...(calls && { tool_calls: calls }) }]
      }
      return step.results.map(({ id, text, image }) => {
        const shown = image === undefined ? [] : [{ type: 'image_url', image_url: { url: dataUrl(image) } }]
        return {
          role: 'tool',
          tool_call_id: id,
          content: image === undefined ? text : [{ type: 'text', text }, ...shown],
        }
      })
    }),
    ...(asked.tools && {
      tools: asked.tools.map(({ name, schema }) => ({ type: 'function', function: { name, parameters: schema } })),
    }),
    ...(asked.forced && {
      tool_choice:
        asked.forced.name === undefined ? 'required' : { type: 'function', function: { name: asked.forced.name } },
    }),
    ...(asked.limit !== undefined && { max_completion_tokens: asked.limit }),
    ...(asked.effort && { reasoning_effort: asked.effort }),
    ...asked.more,
  }),
  read(events, isStream) {
    const error = events.find(({ error: told }) => told)?.error
    const choices: Loose[] = events.flatMap(({ choices: told = [] }) => told)
    const messages: Loose[] = choices.map(({ delta, message }) => delta ?? message)
    const calls: Loose[] = []
    for (const call of messages.flatMap(({ tool_calls: told = [] }) => told as Loose[])) {
      const known = isStream ? calls[call.index] : undefined
      if (known) known.function.arguments += call.function.arguments
      else calls[isStream ? call.index : calls.length] = structuredClone(call)
    }
    return {
      text: joined(messages.map(({ content }) => content)),
      thinking: joined(messages.map(({ reasoning_content }) => reasoning_content)),
      calls: calls.map((call) => ({ id: call.id, name: call.function.name, input: parsed(call.function.arguments) })),
      end: choices.find(({ finish_reason }) => finish_reason)?.finish_reason,
      ...(error && { error: { message: error.message, kind: String(error.code ?? error.type) } }),
    }
  },
}

const responses: Agent = {
  protocol: 'openai-responses',
  path: () => '/v1/responses',
  body: (asked) => ({
    model: 'm',
    stream: asked.stream ?? true,
    input: stepsOf(asked).flatMap((step): object[] => {
      if ('says' in step) {
        const image =
          step.image === undefined ? [] : [{ type: 'input_image', detail: 'auto', image_url: dataUrl(step.image) }]
        return [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: step.says }, ...image] }]
      }
      if ('answers' in step) {
        const content = [{ type: 'output_text', text: step.answers, annotations: [] }]
        const calls = step.calls?.map(({ id, name, input }) => ({
          type: 'function_call',
          call_id: id,
          name,
          arguments: JSON.stringify(input),
        }))
        return [{ type: 'message', role: 'assistant', content }, ...(calls ?? [])]
      }
      return step.results.map(({ id, text, image }) => {
        const shown = image === undefined ? [] : [{ type: 'input_image', detail: 'auto', image_url: dataUrl(image) }]
        const output = image === undefined ? text : [{ type: 'input_text', text }, ...shown]
        return { type: 'function_call_output', call_id: id, output }
      })
    }),
    ...(asked.tools && {
      tools: asked.tools.map(({ name, schema }) => ({ type: 'function', name, parameters: schema, strict: false })),
    }),
    ...(asked.forced && {
      tool_choice: asked.forced.name === undefined ? 'required' : { type: 'function', name: asked.forced.name },
    }),
    ...(asked.limit !== undefined && { max_output_tokens: asked.limit }),
    ...(asked.effort && { reasoning: { effort: asked.effort, summary: 'auto' } }),
    ...asked.more,
  }),
  read(events, isStream): Read {
    const failed = events.find(({ type, response }) => type === 'response.failed' && response)?.response.error
    const told = events.find(({ type, error: inner }) => type === 'error' || (inner && type === undefined))
    const error = failed ?? (told && (told.error ?? told))
    const end = isStream
      ? events.find(({ type }) => type === 'response.completed' || type === 'response.incomplete')?.response
      : events[0]
    const output: Loose[] = end?.output ?? []
    return {
      text: joined(
        output.flatMap(({ content = [] }) => (content as Loose[]).map(({ text, refusal }) => text ?? refusal)),
      ),
      thinking: joined(output.flatMap(({ summary = [] }) => (summary as Loose[]).map(({ text }) => text))),
      calls: output
        .filter(({ type }) => type === 'function_call')
        .map((call) => ({ id: call.call_id, name: call.name, input: parsed(call.arguments) })),
      end: end?.status,
      ...(error && { error: { message: error.message, kind: String(error.code ?? error.type) } }),
    }
  },
}

const gemini: Agent = {
  protocol: 'gemini',
  path: ({ stream = true }) => `/v1beta/models/m:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
  body: (asked) => ({
    contents: stepsOf(asked).map((step) => {
      if ('says' in step) return { role: 'user', parts: [{ text: step.says }, ...inlineData(step.image)] }
      if ('answers' in step) {
        const calls = step.calls?.map(({ id, name, input }) => ({ functionCall: { id, name, args: input } })) ?? []
        return { role: 'model', parts: [{ text: step.answers }, ...calls] }
      }
      const parts = step.results.map(({ id, name, text, image }) => ({
        functionResponse: {
          id,
          name,
          response: { output: text },
          ...(image !== undefined && { parts: inlineData(image) }),
        },
      }))
      return { role: 'user', parts }
    }),
    ...(asked.tools && {
      tools: [
        { functionDeclarations: asked.tools.map(({ name, schema }) => ({ name, parametersJsonSchema: schema })) },
      ],
    }),
    ...(asked.forced && {
      toolConfig: {
        functionCallingConfig: {
          mode: 'ANY',
          ...(asked.forced.name !== undefined && { allowedFunctionNames: [asked.forced.name] }),
        },
      },
    }),
    ...((asked.limit !== undefined || asked.effort) && {
      generationConfig: {
        ...(asked.limit !== undefined && { maxOutputTokens: asked.limit }),
        ...(asked.effort && { thinkingConfig: { thinkingLevel: asked.effort.toUpperCase(), includeThoughts: true } }),
      },
    }),
    ...asked.more,
  }),
  read(events) {
    const error = events.find(({ error: told }) => told)?.error
    const candidates: Loose[] = events.flatMap(({ candidates: told = [] }) => told)
    const parts: Loose[] = candidates.flatMap(({ content }) => content?.parts ?? [])
    return {
      text: joined(parts.filter(({ thought }) => !thought).map(({ text }) => text)),
      thinking: joined(parts.filter(({ thought }) => thought).map(({ text }) => text)),
      calls: parts.flatMap(({ functionCall: call }) =>
        call ? [{ id: call.id, name: call.name, input: call.args }] : [],
      ),
      end: candidates.find(({ finishReason }) => finishReason)?.finishReason,
      ...(error && { error: { message: error.message, kind: error.status } }),
    }
  },
}

/** An agent of each protocol that is served. */
export const AGENTS: readonly Agent[] = [anthropic, chat, responses, gemini]

function imageBlocks(image: string | undefined): object[] {
  return image === undefined
    ? []
    : [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: image } }]
}

function inlineData(image: string | undefined): object[] {
  return image === undefined ? [] : [{ inlineData: { mimeType: 'image/png', data: image } }]
}
