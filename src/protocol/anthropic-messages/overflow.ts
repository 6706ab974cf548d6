import { saysOverflow } from '../overflow.ts'

/** Whether a message says that the prompt does not fit into the context window, in Anthropic's words or another's. */
export function isOverflow(message: string): boolean {
  return EXACT.test(message) || /exceed context limit/i.test(message) || saysOverflow(message)
}

/**
 * An overflow told in the words by which Claude Code knows it and compacts: `prompt is too long: N tokens > M maximum`,
 * or, where the prompt alone would fit, `input length and max_tokens exceed context limit: A + B > M`.
 */
export function overflowMessage(message: string): string {
  if (EXACT.test(message)) return message
  const said = `(${message})`
  // The name of a model may hold numbers, too (its date, say), and so does the status.
  const text = message.replace(ATTRIBUTION, '').replace(/(\d),(?=\d{3})/g, '$1')
  const counts = (text.match(/\b\d{3,}\b/g) ?? []).map(Number)
  const most = limitIn(text) ?? Math.min(...counts)
  const sum = SUM.exec(text)
  const [prompt, wished] = [Number(sum?.[1]), Number(sum?.[2])]
  if (prompt < most)
    return `input length and \`max_tokens\` exceed context limit: ${prompt} + ${wished} > ${most} ${said}`
  const asked = Math.max(...counts)
  return counts.length > 1 && asked > most
    ? `prompt is too long: ${asked} tokens > ${most} maximum ${said}`
    : `prompt is too long ${said}`
}

const EXACT = /prompt is too long: \d+ tokens > \d+ maximum|exceed context limit: \d+ \+ \d+ > \d+/i
// "provider (model) answered 400: …", as the gateway names who failed.
const ATTRIBUTION = /^[^()]*\([^)]*\)(?: answered \d{3})?: /
// OpenAI: "… (2000 in the messages, 128000 in the completion)"
const SUM = /(\d+) in the messages[^)]*?(\d+) in the completion/
const LIMITS = [
  /(?:context (?:length|window|size)|maximum|max|limit|n_ctx)[^0-9]{0,40}(\d{3,})/i,
  /(\d{3,}) (?:tokens )?(?:maximum|limit)/i,
]

function limitIn(text: string): number | undefined {
  const found = LIMITS.map((pattern) => pattern.exec(text)?.[1]).find((digits) => digits !== undefined)
  return found === undefined ? undefined : Number(found)
}
