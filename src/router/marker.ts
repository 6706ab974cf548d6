import type { Message, ModelRequest, Part, TextPart } from '../canonical/request.ts'

/**
 * The models that markers `<CCR-SUBAGENT-MODEL>provider,model</CCR-SUBAGENT-MODEL>` name, in order: those in the
 * system prompt, in the messages before the model's first answer, and in later system messages. A marker that is
 * quoted (between backticks) or stands in a `<system-reminder>` (a project's instructions, which explain markers)
 * is talked about, not meant. Tool results are not looked at: files may say anything.
 */
export function markersIn(request: ModelRequest): readonly string[] {
  const found: string[] = []
  for (const part of request.system) collect(part.text, found)
  let isOpening = true
  for (const { role, parts } of request.messages) {
    isOpening &&= role !== 'assistant'
    if (!isOpening && role !== 'system') continue
    for (const part of parts) if (part.type === 'text') collect(part.text, found)
  }
  return found
}

/** The request without the markers that `isMeant` accepts; a text that held nothing else goes with them. */
export function withoutMarkers(request: ModelRequest, isMeant: (model: string) => boolean): ModelRequest {
  const opening = new Set(openingOf(request.messages))
  return {
    ...request,
    system: cleanTexts(request.system, isMeant),
    messages: request.messages.map((message) => (opening.has(message) ? cleanMessage(message, isMeant) : message)),
  }
}

const openTag = '<CCR-SUBAGENT-MODEL>'
const marker = /<CCR-SUBAGENT-MODEL>([^<]{1,300})<\/CCR-SUBAGENT-MODEL>(?:[ \t]{0,8}\n)?/g
/** A prompt has one marker. More are looked at only so that a quoted one does not hide it. */
const mostMarkers = 16

function openingOf(messages: readonly Message[]): readonly Message[] {
  const opening: Message[] = []
  let isAnswered = false
  for (const message of messages) {
    isAnswered ||= message.role === 'assistant'
    if (!isAnswered || message.role === 'system') opening.push(message)
  }
  return opening
}

function collect(text: string, found: string[]): void {
  if (!text.includes(openTag)) return
  let seen = 0
  for (const match of text.matchAll(marker)) {
    if (seen++ >= mostMarkers || found.length >= mostMarkers) return
    if (!isQuoted(text, match.index)) found.push((match[1] as string).trim())
  }
}

function isQuoted(text: string, index: number): boolean {
  if (text[index - 1] === '`') return true
  const opened = text.lastIndexOf('<system-reminder>', index)
  return opened >= 0 && text.lastIndexOf('</system-reminder>', index) < opened
}

function cleanMessage(message: Message, isMeant: (model: string) => boolean): Message {
  const parts = cleanParts(message.parts, isMeant)
  return parts === message.parts ? message : { ...message, parts }
}

function cleanTexts(parts: readonly TextPart[], isMeant: (model: string) => boolean): readonly TextPart[] {
  return cleanParts(parts, isMeant) as readonly TextPart[]
}

function cleanParts(parts: readonly Part[], isMeant: (model: string) => boolean): readonly Part[] {
  if (!parts.some((part) => part.type === 'text' && part.text.includes(openTag))) return parts
  // Providers refuse an empty text and a message without parts.
  const kept = parts.map((part) => cleanPart(part, isMeant)).filter((part) => part !== undefined)
  return kept.length > 0 ? kept : parts
}

function cleanPart(part: Part, isMeant: (model: string) => boolean): Part | undefined {
  if (part.type !== 'text') return part
  const text = clean(part.text, isMeant)
  if (text === part.text) return part
  return text.trim() === '' ? undefined : { ...part, text }
}

function clean(text: string, isMeant: (model: string) => boolean): string {
  if (!text.includes(openTag)) return text
  let seen = 0
  return text.replace(marker, (whole: string, model: string, index: number) =>
    seen++ < mostMarkers && !isQuoted(text, index) && isMeant(model.trim()) ? '' : whole,
  )
}
