/**
 * What a codec adds on its own, so that a meaning gets through where the protocol has no field for it, or so that the
 * provider accepts the request. Each with its reason; anything else that a request did not say is a fault.
 */
export const CARRIERS: readonly (readonly [words: RegExp, why: string])[] = [
  [/^Error: the tool failed and said nothing$/, 'marks the result of a tool as a failure, without words'],
  [/^(?:Error: ?)+/, 'the same where there is no field for it'],
  [
    /\[(?:image|document|audio|video)[^\]]* left out: [^\]]*\]/,
    'stands for media that could not be sent; those are listed',
  ],
  [/\[(?:image|document|audio|video)[^\]]*: shown in the next user message\]/, 'media of a result, told behind it'],
  [/From the result of tool call \S+:/, 'the same, where the media are'],
  [/Result of tool call \S+?(?:, which is not part of this conversation)?:/, 'a result without a call, as user text'],
  [/\[Result of an earlier tool call \(.*?\)\]/, 'the same'],
  [/\(see the attached file\)/, 'an empty output would read as an empty file'],
  [/^\(no output\)$/, 'some refuse an empty result'],
  [/^\(empty message\)$/, 'some refuse an empty message'],
  [/^\(earlier messages are left out\)$/, 'a conversation may not begin with a call'],
  [/^No result: the tool call was never answered\.$/, 'every call wants a result'],
  [/^No result was recorded for this call\.$/, 'the same'],
  [/^Tool \S+ is available now\.$/gm, "another protocol's block in words"],
  [/^\{"type":"tool_reference",[^\n]*\}$/gm, 'the same as it came'],
]

/** Facts that a codec adds on its own, with the reason. */
export const ADDED_FACTS: readonly (readonly [says: RegExp, why: string])[] = [
  [/^max_tokens 32000$/, 'Anthropic demands a limit'],
  [
    /^signed call skip_thought_signature_validator$/,
    'Gemini 3 demands a signature, and takes this for one that is not known',
  ],
  [/^media title document\.pdf$/, 'Chat and Responses demand a file name'],
]

/** Keys under which arguments that are no JSON object are wrapped. */
export const WRAPPED_INPUT: ReadonlySet<string> = new Set(['__unparsedToolInput', 'unparsedArguments', 'input'])

/** The instructions in a user's text that carries them; `undefined` for any other text. */
export function unwrapped(text: string): string | undefined {
  return WRAPPERS.map((wrapper) => wrapper.exec(text)?.[1]).find((inner) => inner !== undefined)
}

/** `text` without what codecs add. */
export function withoutCarriers(text: string): string {
  return CARRIERS.reduce((left, [words]) => left.replace(words, '').trim(), text.trim())
}

// Instructions in mid-conversation for those who take none there.
const WRAPPERS = [/^<system>\n([^]*)\n<\/system>$/, /^<system-reminder>\n([^]*)\n<\/system-reminder>$/]
