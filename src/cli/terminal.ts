import { readSync, writeSync } from 'node:fs'
import { Failure } from './failure.ts'

/** A person at a terminal. */
export interface Terminal {
  say(text: string): void
  /** A line of text, trimmed. `hidden`: what is typed is not shown. */
  ask(question: string, hidden?: boolean): string
}

/** The terminal of this process, or `undefined` if nobody can be asked. Close it before a child reads from it. */
export function openTerminal(): (Terminal & { close(): void }) | undefined {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return undefined
  process.stdin.setRawMode(true)
  const read = createLineReader(readKeys, print)
  return {
    say: (text) => print(`${text}\n`),
    ask: (question, hidden = false) => {
      print(question)
      const line = read(hidden)
      print('\n')
      if (line === undefined) throw new Failure('ccr: nothing was written', 130)
      return line.trim()
    },
    close: () => void process.stdin.setRawMode(false),
  }
}

/**
 * Makes lines of keys as a terminal in raw mode sends them: backspace and Ctrl+U delete, other control keys do nothing.
 * A line is `undefined` when the person wants to leave: Ctrl+C, Ctrl+D on an empty line, or the terminal is gone.
 */
export function createLineReader(
  keys: () => string,
  show: (text: string) => void,
): (hidden: boolean) => string | undefined {
  let pending = ''
  return (hidden) => {
    const typed: string[] = []
    const erase = (count: number): void => {
      typed.length -= count
      if (!hidden) show('\b \b'.repeat(count))
    }
    for (;;) {
      if (pending === '') pending = keys()
      if (pending === '') return undefined
      const key = controlSequence.exec(pending)?.[0] ?? String.fromCodePoint(pending.codePointAt(0) ?? 0)
      pending = pending.slice(key.length)
      if (key === '\r' || key === '\n') return typed.join('')
      if (key === '\u0003' || (key === '\u0004' && typed.length === 0)) return undefined
      if (key === '\u007f' || key === '\b') erase(Math.min(1, typed.length))
      else if (key === '\u0015') erase(typed.length)
      else if (key >= ' ') {
        typed.push(key)
        if (!hidden) show(key)
      }
    }
  }
}

/** Arrows, function keys, and the marks that terminals put around pasted text. */
const controlSequence = /^\u001b(?:\[[0-9;?]*[ -/]*[@-~]|O.)?/

// Read without a stream: one that is paused may still swallow the first key that is meant for the child.
function readKeys(): string {
  const bytes = new Uint8Array(4096)
  for (;;) {
    try {
      return new TextDecoder().decode(bytes.subarray(0, readSync(0, bytes)))
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code === 'EOF') return ''
      if (code !== 'EAGAIN') throw error
      Bun.sleepSync(20)
    }
  }
}

function print(text: string): void {
  writeSync(2, text.replaceAll('\n', '\r\n'))
}
