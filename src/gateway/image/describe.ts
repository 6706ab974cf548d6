import type { ErrorKind, ModelError } from '../../canonical/error.ts'
import type { MediaPart } from '../../canonical/request.ts'
import type { Ports } from '../../platform/ports.ts'
import { nameOfTarget } from '../../router/model-name.ts'
import type { RouteTarget } from '../../router/route.ts'
import type { Call, Handler } from '../call.ts'
import type { Learnt } from '../learnt.ts'
import { asModelError } from '../respond.ts'
import { look } from './look.ts'
import type { ShownImage } from './shown-image.ts'

/** What became of looking at an image. */
export type Description = { readonly text: string; readonly by: RouteTarget } | { readonly failure: ModelError }

/** Has images looked at, each once for the words it was shown with. */
export interface Describer {
  /** `targets`: who is asked, in order. Rejects only if the client goes away. */
  describe(
    images: readonly ShownImage[],
    targets: readonly [RouteTarget, ...RouteTarget[]],
    call: Call,
  ): Promise<ReadonlyMap<MediaPart, Description>>
}

/**
 * A describer that remembers. The same image with the same words has the same text in every later request, so that
 * prompts stay equal and providers' caches live; with other words it is looked at anew.
 */
export function createDescriber(ask: Handler, ports: Ports, learnt: Learnt): Describer {
  return {
    async describe(images, targets, call) {
      const [first] = targets
      const known = learnt.of(first.provider).descriptions
      const keyed = await Promise.all(images.map(async (image) => ({ image, key: await keyOf(image, first) })))
      const found = new Map<MediaPart, Description>()
      await inParallel([...Map.groupBy(keyed, ({ key }) => key)], async ([key, same]) => {
        const [one] = same
        if (!one) return
        const description = known.get(key) ?? (await describeOne(one.image, targets, call, ask, ports))
        if (isLasting(description)) known.set(key, description)
        for (const { image } of same) found.set(image.part, description)
      })
      return found
    },
  }
}

const mostAtOnce = 4

/** The image itself is to blame: asking again for it would bring the same answer. */
const LASTING: ReadonlySet<ErrorKind> = new Set(['bad-request', 'too-large', 'content-filter', 'context-overflow'])

function isLasting(description: Description): boolean {
  return 'text' in description || LASTING.has(description.failure.kind)
}

async function describeOne(
  image: ShownImage,
  targets: readonly [RouteTarget, ...RouteTarget[]],
  call: Call,
  ask: Handler,
  ports: Ports,
): Promise<Description> {
  try {
    return await look(image, targets, call, ask, ports)
  } catch (cause) {
    const failure = asModelError(cause)
    if (failure.kind === 'aborted') throw failure
    return { failure }
  }
}

async function inParallel<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const queue = items.values()
  const worker = async (): Promise<void> => {
    // oxlint-disable-next-line no-await-in-loop -- each worker does one after the other
    for (const item of queue) await work(item)
  }
  await Promise.all(Array.from({ length: mostAtOnce }, worker))
}

/** A digest: images are too large to be keys, and a text that somebody chose must not pass for that of another image. */
async function keyOf({ part, question }: ShownImage, target: RouteTarget): Promise<string> {
  const bytes = new TextEncoder().encode(JSON.stringify([nameOfTarget(target), question, part.source]))
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)).toHex()
}
