import type { MediaPart, Message, ModelRequest, Part, TextPart } from '../../canonical/request.ts'

/** An image of a conversation, with what it was shown for. */
export interface ShownImage {
  readonly part: MediaPart
  /**
   * The prompt of the image's turn and, for the result of a tool, what the model said before it called. It does not
   * change as the conversation goes on.
   */
  readonly question: string
  /** The number in the client's own mark for it, `[Image #2]`. */
  readonly number?: number
}

/** The images of a conversation in order, those in tool results included. */
export function shownImages(messages: readonly Message[]): readonly ShownImage[] {
  const shown: ShownImage[] = []
  let prompt = ''
  let intention = ''
  for (const message of messages) {
    const said = textOf(message)
    if (message.role === 'assistant') intention = said
    else if (message.role === 'user' && said !== '') [prompt, intention] = [said, '']
    const numbers = numbersOf(message)
    const question = questionOf(prompt, intention)
    message.parts.forEach((part) => {
      for (const image of imagesOf(part)) {
        const number = image === part ? numbers.shift() : undefined
        shown.push({ part: image, question, ...(number !== undefined && { number }) })
      }
    })
  }
  return shown
}

/** The request with texts in the place of images; what has no text stays. Cache marks and neighbours stay, too. */
export function replaceImages(request: ModelRequest, texts: ReadonlyMap<MediaPart, string>): ModelRequest {
  return { ...request, messages: request.messages.map((message) => replaceInMessage(message, texts)) }
}

const longestPrompt = 6_000
const longestIntention = 2_000

function replaceInMessage(message: Message, texts: ReadonlyMap<MediaPart, string>): Message {
  if (!message.parts.some((part) => imagesOf(part).length > 0)) return message
  return {
    ...message,
    parts: message.parts.map((part) => {
      if (part.type !== 'tool-result') return replaced(part, texts)
      return { ...part, content: part.content.map((inner) => replaced(inner, texts)) }
    }),
  }
}

function replaced<P extends Part>(part: P, texts: ReadonlyMap<MediaPart, string>): P | TextPart {
  const text = part.type === 'media' ? texts.get(part) : undefined
  if (text === undefined || part.type !== 'media') return part
  return { type: 'text', text, ...(part.cache && { cache: part.cache }) }
}

function imagesOf(part: Part): readonly MediaPart[] {
  if (part.type === 'tool-result') return part.content.flatMap(imagesOf)
  return part.type === 'media' && part.kind === 'image' ? [part] : []
}

/** What somebody wrote; not the reminders that agents add, which change. */
function textOf(message: Message): string {
  return message.parts
    .flatMap((part) => (part.type === 'text' && !part.text.startsWith('<system-reminder>') ? part.text.trim() : []))
    .filter((text) => text !== '')
    .join('\n')
}

/** The numbers of a message's own images: Claude Code adds them in the order of their numbers. */
function numbersOf(message: Message): number[] {
  const images = message.parts.filter((part) => part.type === 'media' && part.kind === 'image')
  if (images.length === 0) return []
  const marks = [...textOf(message).matchAll(/\[Image #(\d{1,6})\]/g)].map((match) => Number(match[1]))
  const numbers = [...new Set(marks)].toSorted((one, other) => one - other)
  return numbers.length === images.length ? numbers : []
}

function questionOf(prompt: string, intention: string): string {
  const asked = prompt.slice(0, longestPrompt)
  return intention === ''
    ? asked
    : `${asked}\n\nBefore it looked, the model said: ${intention.slice(0, longestIntention)}`
}
