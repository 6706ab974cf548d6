import { describe, expect, test } from 'bun:test'
import { commandLine } from '../../src/cli/claude/windows-command.ts'

/** What `cmd.exe` makes of a line: a caret takes the meaning of the next character away, and goes. */
const throughInterpreter = (line: string): string => {
  // Nothing may be left that means something there.
  expect(line.replaceAll(/\^[^]/g, '')).not.toMatch(/[&|<>()%!^"]/)
  return line.replaceAll(/\^([^])/g, '$1')
}

/** The arguments that a Windows program sees in a command line. */
const taken = (line: string): string[] =>
  [...line.matchAll(/"((?:[^"\\]|\\+[^"\\]|\\+(?="(?: |$))|\\+")*)"/g)].map(([, inner = '']) =>
    inner
      .replace(/(\\+)"/g, (_, slashes: string) => `${slashes.slice(0, (slashes.length - 1) / 2)}"`)
      .replace(/\\+$/, (slashes) => slashes.slice(0, slashes.length / 2)),
  )

describe('a .cmd file on Windows', () => {
  test.each([
    ['plain'],
    [''],
    ['two words'],
    ['say "hi"'],
    ['C:\\path\\'],
    ['a\\\\"b'],
    ['100%PATH% !x! ^ & | < > ( )'],
    ['$(calc) `calc` ; , * ?'],
  ])('gets %p as one argument, and its interpreter runs nothing of it', (arg) => {
    const { cmd, windowsVerbatimArguments } = commandLine('C:\\Program Files\\npm\\claude.cmd', [arg, 'end'])
    expect(cmd.slice(0, 4)).toEqual(['cmd.exe', '/d', '/s', '/c'])
    expect(windowsVerbatimArguments).toBe(true)
    const line = (cmd[4] ?? '').slice(1, -1)
    const program = 'C:\\Program^ Files\\npm\\claude.cmd '
    expect(line).toStartWith(program)
    // Once by the interpreter that starts the file, once by the file's own %*.
    expect(taken(throughInterpreter(throughInterpreter(line.slice(program.length))))).toEqual([arg, 'end'])
  })

  test('refuses a line break, which would end its command', () => {
    expect(() => commandLine('claude.cmd', ['two\nlines'])).toThrow('line break')
  })
})

test.each(['/usr/bin/claude', 'C:\\claude.exe', '/opt/cmd'])('%s is started as it is', (program) => {
  expect(commandLine(program, ['a b', '"'])).toEqual({ cmd: [program, 'a b', '"'] })
})
