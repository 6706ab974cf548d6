/** A block of an answer, as a client puts it together. */
export interface ToldBlock {
  readonly type: string
  readonly text?: string
  readonly thinking?: string
  readonly signature?: string
  readonly data?: string
  readonly id?: string
  readonly name?: string
  readonly input?: unknown
}

/** What an Anthropic client was told. */
export interface Told {
  readonly status: number
  readonly headers: Headers
  /** The body as it came. */
  readonly body: string
  readonly content: readonly ToldBlock[]
  readonly stopReason: string | null
  readonly usage: Readonly<Record<string, number>>
  /** The error, of the status or of the stream. */
  readonly error?: { readonly type: string; readonly message: string }
}

/** Reads an answer as strictly as Anthropic's own clients: a breach of the stream's grammar throws. */
export async function readAnswer(response: Response): Promise<Told> {
  const body = await response.text()
  const head = { status: response.status, headers: response.headers, body }
  if ((response.headers.get('content-type') ?? '').includes('event-stream')) return { ...head, ...readStream(body) }
  const { content = [], stop_reason = null, usage = {}, error } = JSON.parse(body)
  return { ...head, content, stopReason: stop_reason, usage, ...(error && { error }) }
}

/** All text of an answer. */
export function textOf({ content }: Pick<Told, 'content'>): string {
  return content.map(({ text = '' }) => text).join('')
}

/** All reasoning of an answer. */
export function thinkingOf({ content }: Pick<Told, 'content'>): string {
  return content.map(({ thinking = '' }) => thinking).join('')
}

/** The tool calls of an answer. */
export function callsOf({ content }: Pick<Told, 'content'>): ToldBlock[] {
  return content.filter(({ type }) => type === 'tool_use')
}

/** The server-sent events of a body. */
export function eventsIn(body: string): { readonly event: string; readonly data: Event }[] {
  return body
    .split('\n\n')
    .filter((frame) => frame.includes('data: '))
    .map((frame) => {
      const event = /^event: (.*)$/m.exec(frame)?.[1] ?? ''
      return { event, data: JSON.parse(/^data: (.*)$/m.exec(frame)?.[1] ?? 'null') as Event }
    })
}

interface Event {
  readonly type: string
  readonly index: number
  readonly message: { readonly usage: Record<string, number> }
  readonly content_block: ToldBlock
  readonly delta: {
    readonly type: string
    readonly text?: string
    readonly thinking?: string
    readonly signature?: string
    readonly partial_json?: string
    readonly stop_reason: string
  }
  readonly usage?: Record<string, number>
  readonly error: { readonly type: string; readonly message: string }
}

interface Open {
  readonly index: number
  block: ToldBlock
  json: string
}

function readStream(body: string): Pick<Told, 'content' | 'stopReason' | 'usage' | 'error'> {
  const content: ToldBlock[] = []
  let open: Open | undefined
  let usage: Record<string, number> = {}
  let stopReason: string | null = null
  let state: 'before' | 'inside' | 'ending' | 'over' = 'before'
  const demand = (holds: boolean, what: string): void => {
    if (!holds) throw new Error(`the stream breaks the grammar: ${what}\n${body}`)
  }
  for (const { event, data } of eventsIn(body)) {
    demand(event === data.type, `event ${event} says ${data.type}`)
    demand(state !== 'over', `${event} after the end`)
    switch (event) {
      case 'ping':
        break
      case 'message_start':
        demand(state === 'before', 'a second start')
        state = 'inside'
        usage = data.message.usage
        break
      case 'content_block_start':
        demand(state === 'inside' && !open && data.index === content.length, `block ${data.index} starts`)
        open = { index: data.index, block: data.content_block, json: '' }
        break
      case 'content_block_delta':
        demand(open?.index === data.index, `a delta for block ${data.index}`)
        if (open) addDelta(open, data.delta)
        break
      case 'content_block_stop':
        demand(open?.index === data.index, `block ${data.index} stops`)
        if (open) content.push(closed(open))
        open = undefined
        break
      case 'message_delta':
        demand(state === 'inside' && !open, 'message_delta inside a block')
        state = 'ending'
        stopReason = data.delta.stop_reason
        usage = { ...usage, ...data.usage }
        break
      case 'message_stop':
        demand(state === 'ending', 'message_stop without message_delta')
        state = 'over'
        break
      case 'error':
        return { content, stopReason, usage, error: data.error }
      default:
        demand(false, `an unknown event ${event}`)
    }
  }
  demand(state === 'over', 'no end')
  return { content, stopReason, usage }
}

function addDelta(open: Open, delta: Event['delta']): void {
  const { block } = open
  if (delta.type === 'text_delta') open.block = { ...block, text: (block.text ?? '') + delta.text }
  else if (delta.type === 'thinking_delta') open.block = { ...block, thinking: (block.thinking ?? '') + delta.thinking }
  else if (delta.type === 'signature_delta') open.block = { ...block, signature: delta.signature ?? '' }
  else if (delta.type === 'input_json_delta') open.json += delta.partial_json ?? ''
  else if (delta.type !== 'citations_delta') throw new Error(`an unknown delta ${delta.type}`)
}

/** A client parses the arguments at the end of the block: what cannot be parsed stays a text. */
function closed({ block, json }: Open): ToldBlock {
  if (json === '') return block
  try {
    return { ...block, input: JSON.parse(json) as unknown }
  } catch {
    // A test sees that the arguments are no object.
    return { ...block, input: json }
  }
}
