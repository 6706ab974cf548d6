import type { Message, ModelRequest } from '../canonical/request.ts'

/**
 * The folder that an agent works in, as it tells the model: in its system prompt or in what it says before the model's
 * first answer. `undefined`: it does not say.
 */
export function projectOf(request: ModelRequest): string | undefined {
  for (const part of request.system) {
    const folder = folderIn(part.text)
    if (folder !== undefined) return folder
  }
  for (const message of opening(request.messages)) {
    for (const part of message.parts) {
      const folder = part.type === 'text' ? folderIn(part.text) : undefined
      if (folder !== undefined) return folder
    }
  }
  return undefined
}

/** What stands before the folder, and what ends it: Claude Code and opencode; Codex; Gemini CLI and Qwen Code. */
const marks = [
  ['orking directory: ', '\n'],
  ['<cwd>', '</cwd>'],
  ['working in the directory: ', '\n'],
] as const

const longestPath = 4096

function folderIn(text: string): string | undefined {
  for (const [mark, end] of marks) {
    const start = text.indexOf(mark)
    if (start < 0) continue
    const from = start + mark.length
    const to = text.indexOf(end, from)
    const folder = text
      .slice(from, to < 0 ? undefined : to)
      .slice(0, longestPath)
      .trim()
    if (isPath.test(folder)) return folder
  }
  return undefined
}

/** Not a sentence about working directories. */
const isPath = /^(?:[/~\\]|[a-z]:[\\/])/i

function opening(messages: readonly Message[]): readonly Message[] {
  const answer = messages.findIndex((message) => message.role === 'assistant')
  return (answer < 0 ? messages : messages.slice(0, answer)).filter((message) => message.role !== 'assistant')
}
