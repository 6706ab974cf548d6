import type { Ports } from '../../platform/ports.ts'
import { searchCodecs } from '../../protocol/search-codecs.ts'
import type { SearchCodec, SearchWish, TakenWish } from '../../protocol/search-codec.ts'
import type { Dropped } from '../../protocol/protocol.ts'
import { searchesItself } from '../../provider/web-search.ts'
import type { Provider } from '../../provider/provider.ts'
import type { ModelRequest, ToolChoice } from '../../canonical/request.ts'
import type { Answer, Call, Handler } from '../call.ts'
import type { Memory } from '../memory.ts'
import { openAccount, updating } from './accounts.ts'
import { answerWith } from './answer.ts'
import { backends } from './backends.ts'
import { withRecalled } from './recall.ts'
import { createRecorder } from './recorder.ts'
import type { WebSearchSettings } from './settings.ts'
import { freeName, searchTool } from './tool.ts'

/** What searches are made with. */
export interface OpenSearchParts {
  readonly settings: WebSearchSettings
  readonly providers: readonly Provider[]
  readonly ports: Pick<Ports, 'fetch' | 'now' | 'after' | 'log' | 'id'>
  /** Provider's id of an answer's first round → that of its last. */
  readonly laterIds: Memory<string>
}

/** Answers a call whose client may search the web, or has done so, whoever is asked. */
export async function withSearch(call: Call, next: Handler, parts: OpenSearchParts): Promise<Answer> {
  const codec = searchCodecs[call.protocol.id]
  if (!codec) return next(call)
  const name = freeName(call.request)
  const hook = hookFor(codec, name, parts)
  const account = openAccount(call.trace)
  const { told, ...answer } = await account.ask(call, (first) => next({ ...first, webSearch: hook() }))
  const wish = codec.take(call.request)?.wish
  if (!told || !wish) return { ...answer, body: updating(answer.body, account) }
  const ask = (further: Call, choice: ToolChoice | undefined): Promise<Answer> =>
    account.ask(further, (round) => next({ ...round, webSearch: hook({ choice }) }))
  return answerWith({ ...answer, told }, call, { ...parts, codec, name, wish, account, ask })
}

/** A later round of an answer. */
interface Underway {
  readonly choice: ToolChoice | undefined
}

/** Fits the call to whom it is sent: who has no search of his own gets one as a function, and is read along with. */
function hookFor(codec: SearchCodec, name: string, { providers, settings }: OpenSearchParts) {
  return (underway?: Underway): NonNullable<Call['webSearch']> =>
    async (call, next) => {
      const { target } = call
      const provider = providers.find((each) => each.name === target?.provider)
      const taken = codec.take(call.request)
      const searches = isServed(call, provider)
      const known = searches
        ? withRecalled(call.request, codec, EARLIER, { onlyOwn: true })
        : withRecalled(taken?.request ?? call.request, codec, name, { onlyOwn: false })
      const request = searches || !taken ? known : offered(known, taken.wish, name)
      const asked = underway?.choice ? { ...request, toolChoice: underway.choice } : request
      const edited = { ...call, request: asked, edited: call.edited || asked !== call.request }
      if (!underway && (searches || !taken)) return next(edited)
      const recorder = createRecorder()
      const { tap } = call
      const answer = await next({ ...edited, tap: (batches) => recorder.tap(tap ? tap(batches) : batches) })
      if (taken && !searches) call.trace.dropped = [...call.trace.dropped, ...lossesOf(taken, settings)]
      return { ...answer, told: recorder.take }
    }
}

/** What the client has said of its searches to nobody's ear. */
function lossesOf({ wish, lost }: TakenWish, { backend }: WebSearchSettings): readonly Dropped[] {
  if (!wish.country || backends[backend].knowsCountries) return lost
  return [...lost, { path: wish.country.path, why: `${backend} takes no country` }]
}

/** To who has a search of that name himself, another's must not look like one of his. */
const EARLIER = 'earlier_web_search'

function isServed({ target, protocol, request }: Call, provider: Provider | undefined): boolean {
  if (!target || !provider) return true
  const hasFunctions = request.tools.some(({ type }) => type === 'function')
  return searchesItself(provider, target.model, protocol.id, hasFunctions)
}

function offered(request: ModelRequest, { isForced }: SearchWish, name: string): ModelRequest {
  const tools = [...request.tools, searchTool(name)]
  return { ...request, tools, ...(isForced && { toolChoice: { type: 'tool', name } }) }
}
