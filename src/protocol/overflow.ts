/** Whether a provider's words say, in any vendor's way, that the prompt does not fit into the context window. */
export function saysOverflow(message: string): boolean {
  return OVERFLOW.test(message)
}

/** How vendors say it. */
const OVERFLOW = new RegExp(
  [
    'context[ _-]?(length|window|size)[^.]{0,40}exceed',
    'exceed[^.]{0,60}(context|maximum (input|prompt)|max(imum)? (model|sequence) len|model token limit|max length)',
    'maximum context (length|window|size)',
    'max(imum)? (model )?(sequence|prompt|input) (length|tokens)',
    'prompt (is too long|too long)',
    'prompt contains [\\d,]+ (tokens|characters)',
    'input (is too long|too long|length exceeds|tokens exceed)',
    'token count[^.]{0,60}exceeds',
    'prompt tokens[^.]{0,30}exceeds?',
    'exceeds the maximum number of tokens',
    'too many (input |prompt )?tokens',
    'too large for (the )?model',
    'reduce the length of the (messages|prompt|input)',
    'please reduce (your prompt|the prompt)',
    'greater than the (context|maximum)',
    'longer than the model',
    'range of input length should be',
    'request exceeds the available context',
    'tokens to keep from the initial prompt is greater',
    'trying to keep the first \\d+ tokens',
    'n_keep \\(\\d+\\) >= n_ctx',
    'input_length_exceeded|context_window_exceeded',
    '`inputs` (must have less than|tokens \\+ `max_new_tokens` must be)',
  ].join('|'),
  'i',
)
