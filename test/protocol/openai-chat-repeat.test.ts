import { expect, test } from 'bun:test'
import { openaiChat } from '../../src/protocol/openai-chat/index.ts'

const context = { id: (prefix: string) => prefix, provider: 'p', model: 'm' }
const chunk = (delta: unknown, more: object = {}) =>
  JSON.stringify({ id: 'c', model: 'm', choices: [{ index: 0, delta, finish_reason: null }], ...more })
const words = (text: string) => chunk({ content: text })

/** What is read of the chunks one after the other, and of each as if it had none like it before. */
function read(chunks: readonly string[], between: string) {
  const decoder = openaiChat.decodeStream(context)
  return chunks.flatMap((data) => [
    ...decoder.push({ data }),
    ...(between === '' ? [] : decoder.push({ data: between })),
  ])
}

test.each([
  ['words', [words('a'), words('b'), words('cc'), words('')]],
  ['escapes', [words('a'), words('b'), words('say "b"'), words('line\nend'), words('\\'), words('c')]],
  ['any script', [words('a'), words('b'), words('grün'), words('日本'), words('🙂'), words('\ud83d')]],
  ['another field that says the same', [words('a'), words('b'), chunk({ content: 'b', reasoning: 'b' }), words('c')]],
  ['a finish', [words('a'), words('b'), words('c').replace('null', '"stop"')]],
  ['usage', [words('a'), words('b'), chunk({ content: 'c' }, { usage: { prompt_tokens: 1, completion_tokens: 2 } })]],
  [
    'a tool call in between',
    [
      words('a'),
      words('b'),
      chunk({ tool_calls: [{ index: 0, id: 'i', function: { name: 'n', arguments: '{}' } }] }),
      words('c'),
    ],
  ],
  [
    'reasoning first',
    [
      chunk({ reasoning_content: 'a' }),
      chunk({ reasoning_content: 'b' }),
      words('b'),
      words('c'),
      chunk({ reasoning_content: 'd' }),
    ],
  ],
  ['words that look like the end of a chunk', [words('a'), words('b'), words('c"},"finish_reason":null}]}')]],
  ['a second choice', [words('a'), words('b'), words('c').replace('"index":0', '"index":1'), words('d')]],
  ['an error', [words('a'), words('b'), JSON.stringify({ error: { message: 'broken' } })]],
  ['what is no JSON', [words('a'), words('b'), words('c').replace('"c"', '"c"d"'), words('e')]],
  ['a tab that is no JSON', [words('a'), words('b'), words('c').replace('"c"', '"\t"')]],
])('a chunk is read the same whether or not it is like the one before: %s', (_, chunks) => {
  // A comment of some vendors, which says nothing, makes every chunk unlike the one before.
  const nothing = JSON.stringify({ choices: [] })
  expect(read(chunks, '')).toEqual(read(chunks, nothing))
})
