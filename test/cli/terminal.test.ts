import { describe, expect, test } from 'bun:test'
import { createLineReader } from '../../src/cli/terminal.ts'

function read(chunks: readonly string[], hidden = false) {
  let [shown, next] = ['', 0]
  const line = createLineReader(
    () => chunks[next++] ?? '',
    (text) => (shown += text),
  )
  return { first: line(hidden), second: line(hidden), shown }
}

describe('a line from the keys of a terminal', () => {
  test.each([
    ['hello\r', 'hello'],
    ['hello\n', 'hello'],
    ['hex\u007fllo\r', 'hello'],
    ['🦀x\u007f\u007fok\r', 'ok'],
    ['\u007f\u007fok\r', 'ok'],
    ['all of it\u0015ok\r', 'ok'],
    ['a\u001b[Db\u001b[1;5Cc\u001bOP\r', 'abc'],
    ['\u001b[200~pasted key\u001b[201~\r', 'pasted key'],
    ['a\u0004b\u0001\r', 'ab'],
    ['\r', ''],
  ])('%p gives %p', (keys, line) => expect(read([keys]).first).toBe(line))

  test.each([['\u0003'], ['abc\u0003'], ['\u0004'], ['']])('%p leaves', (keys) =>
    expect(read([keys]).first).toBeUndefined(),
  )

  test('may come in any pieces, and what follows it is the next line', () => {
    expect(read(['he', 'llo\rne', 'xt\r'])).toMatchObject({ first: 'hello', second: 'next' })
  })

  test('is shown as it is typed, unless it is hidden', () => {
    expect(read(['ab\u007fc\r', '\r']).shown).toBe('ab\b \bc')
    expect(read(['ab\u007fc\r', '\r'], true).shown).toBe('')
  })
})
