/** Whether a message says, in Anthropic's words, that the prompt does not fit into the context window. */
export function isOverflow(message: string): boolean {
  return OURS.test(message)
}

/**
 * An overflow told in the words by which Claude Code knows it and compacts: `prompt is too long: N tokens > M maximum`,
 * or, where the prompt alone would fit, `input length and max_tokens exceed context limit: A + B > M`.
 */
export function overflowMessage(message: string): string {
  if (OURS.test(message)) return message
  const said = `(${message})`
  const sum = SUM.exec(message)
  const counts = (message.replace(/(\d),(?=\d{3})/g, '$1').match(/\d{3,}/g) ?? []).map(Number)
  const limit = LIMIT.exec(message.replace(/(\d),(?=\d{3})/g, '$1'))
  const most = limit ? Number(limit[1] ?? limit[2]) : Math.min(...counts)
  if (sum) {
    const [prompt, wished] = [Number(sum[1]), Number(sum[2])]
    if (prompt < most)
      return `input length and \`max_tokens\` exceed context limit: ${prompt} + ${wished} > ${most} ${said}`
  }
  const asked = Math.max(...counts)
  return counts.length > 1 && asked > most
    ? `prompt is too long: ${asked} tokens > ${most} maximum ${said}`
    : `prompt is too long ${said}`
}

const OURS = /prompt is too long|exceed context limit/i
// OpenAI: "… (2000 in the messages, 128000 in the completion)"
const SUM = /(\d+) in the messages[^)]*?(\d+) in the completion/
const LIMIT =
  /(?:context (?:length|window|size)|maximum|max|limit)[^0-9]{0,30}(\d{3,})|(\d{3,}) (?:tokens )?(?:maximum|limit)/i
