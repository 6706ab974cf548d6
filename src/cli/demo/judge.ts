import type Anthropic from '@anthropic-ai/sdk'
import { ARGUMENTS, FIRST, SECOND, TOOL } from './script.ts'

/** What is wrong with the first answer, which must say something and call the tool; empty if nothing is. */
export function judgeFirst(message: Anthropic.Message, words: number): string[] {
  const call = message.content.find((block) => block.type === 'tool_use')
  return [
    ...expectEqual('the first text', textOf(message), FIRST.text),
    ...expectEqual('the number of content blocks', message.content.length, 2),
    ...expectEqual('the tool', call?.name, TOOL.name),
    ...expectEqual('the arguments of the tool', call?.input, ARGUMENTS),
    ...expectEqual('the first stop reason', message.stop_reason, 'tool_use'),
    ...judgeUsage('the first call', message.usage, FIRST.usage),
    ...judgeWords(words),
  ]
}

/** The same for the second answer, which must use the tool's result. */
export function judgeSecond(message: Anthropic.Message, words: number): string[] {
  return [
    ...expectEqual('the answer', textOf(message), SECOND.text),
    ...expectEqual('the last stop reason', message.stop_reason, 'end_turn'),
    ...judgeUsage('the second call', message.usage, SECOND.usage),
    ...judgeWords(words),
  ]
}

/** Text of all text blocks. */
export function textOf(message: Anthropic.Message): string {
  return message.content.map((block) => (block.type === 'text' ? block.text : '')).join('')
}

function judgeUsage(name: string, usage: Anthropic.Usage, scripted: typeof FIRST.usage): string[] {
  const cached = scripted.prompt_tokens_details.cached_tokens
  return [
    ...expectEqual(`the input tokens of ${name}`, usage.input_tokens, scripted.prompt_tokens - cached),
    ...expectEqual(`the cached tokens of ${name}`, usage.cache_read_input_tokens ?? 0, cached),
    ...expectEqual(`the output tokens of ${name}`, usage.output_tokens, scripted.completion_tokens),
  ]
}

function judgeWords(words: number): string[] {
  return words > 1 ? [] : ['the text did not come word by word, but in one piece']
}

function expectEqual(name: string, found: unknown, expected: unknown): string[] {
  return Bun.deepEquals(found, expected)
    ? []
    : [`${name}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`]
}
