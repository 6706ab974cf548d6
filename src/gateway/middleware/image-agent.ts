import type { ModelError } from '../../canonical/error.ts'
import { traitsFor } from '../../provider/dialect.ts'
import type { Provider } from '../../provider/provider.ts'
import type { Ports } from '../../platform/ports.ts'
import { nameOfTarget } from '../../router/model-name.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Answer, Call, Handler, Middleware } from '../call.ts'
import { createDescriber, type Description } from '../image/describe.ts'
import { replaceImages, shownImages, type ShownImage } from '../image/shown-image.ts'
import type { Learnt } from '../learnt.ts'
import type { Warn } from '../warn.ts'

/**
 * Gives a model that does not see the images of a conversation as words of the one that `Router.image` names. A call
 * whose newest turn shows an image is on its way to that model already; this is for images of earlier turns, for
 * targets known to be blind, and, where `isForced`, for all. Who looks again at a file says what for, and gets a new
 * description: there is no tool of ours that a client could see. `look` asks those that see, as any call is asked.
 */
export function createImageAgent(
  providers: readonly Provider[],
  isForced: boolean,
  look: Handler,
  { ports, warn, learnt }: { readonly ports: Ports; readonly warn: Warn; readonly learnt: Learnt },
): Middleware {
  const describer = createDescriber(look, ports, learnt)
  return (call, next) => {
    // Nearly every config names nobody.
    if (!call.imageTargets) return next(call)
    const [helper, ...others] = helpersOf(call, providers, isForced)
    const images = helper ? shownImages(call.request.messages) : []
    return helper && images.length > 0 ? askWithWords(call, images, [helper, ...others], next) : next(call)
  }

  async function askWithWords(
    call: Call,
    images: readonly ShownImage[],
    helpers: readonly [RouteTarget, ...RouteTarget[]],
    next: Handler,
  ): Promise<Answer> {
    const { trace } = call
    const descriptions = await describer.describe(images, helpers, call)
    trace.reason = `${trace.reason ?? 'chosen'}; images are described by ${describersOf(descriptions.values(), helpers[0])}`
    for (const failure of failuresOf(descriptions.values())) {
      trace.warnings = [...trace.warnings, failure]
      warn(failure, { call: call.id })
    }
    const texts = new Map(
      images.map((image) => [image.part, words(image, descriptions.get(image.part) as Description, call)]),
    )
    return next({ ...call, request: replaceImages(call.request, texts), edited: true })
  }
}

/** Who shall describe the images of a call, in order. Nobody, if its target is to see them itself. */
function helpersOf(call: Call, providers: readonly Provider[], isForced: boolean): readonly RouteTarget[] {
  const { target, imageTargets = [] } = call
  const [first] = imageTargets
  if (!target || !first || nameOfTarget(target) === nameOfTarget(first)) return []
  const sight = ({ provider, model }: RouteTarget): boolean | undefined => {
    const row = providers.find(({ name }) => name === provider)
    return row && traitsFor(row, model).images
  }
  // Those behind it are there for whatever fails: not all of them need see.
  const helpers = imageTargets.filter((each) => each === first || sight(each) !== false)
  if (isForced) return helpers
  // Of a model that a client asks for by name, it knows best what it can; of any other, the config says who sees.
  const isNamed = helpers.some((each) => nameOfTarget(each) === nameOfTarget(target))
  return (sight(target) ?? (isNamed || call.trace.route === 'explicit')) ? [] : helpers
}

function describersOf(descriptions: Iterable<Description>, first: RouteTarget): string {
  const names = new Set<string>()
  for (const description of descriptions) if ('text' in description) names.add(nameOfTarget(description.by))
  return names.size === 0 ? nameOfTarget(first) : [...names].join(' and ')
}

function failuresOf(descriptions: Iterable<Description>): Set<string> {
  const failures = new Set<string>()
  for (const description of descriptions)
    if ('failure' in description) failures.add(`an image could not be described: ${reasonOf(description.failure)}`)
  return failures
}

function words({ number }: ShownImage, description: Description, call: Call): string {
  const name = number === undefined ? 'Image' : `Image #${number}`
  if ('failure' in description) {
    return `[${name}: you cannot see it, and it could not be described: ${reasonOf(description.failure)}. Do not guess what it shows: tell the user.]`
  }
  const again = call.request.tools.length > 0 ? ` ${LOOK_AGAIN}` : ''
  return `[${name}: you cannot see it; another model describes it for you.${again}\n${description.text}]`
}

/** Some providers answer with a whole page. */
function reasonOf({ message }: ModelError): string {
  return message.length > 500 ? `${message.slice(0, 500)}…` : message
}

const LOOK_AGAIN =
  'If you need to know more and it is a file, say what you look for and open it again: it is then described for that.'
