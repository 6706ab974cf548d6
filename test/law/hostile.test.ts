import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { ModelError } from '../../src/canonical/error.ts'
import { isObject, type Json, type JsonObject } from '../../src/canonical/json.ts'
import { codecs, decodeContext, encodeContext, framesOf, having, run } from './scenarios.ts'

describe('whatever a client sends is read or refused by a readable error', () => {
  test.each(having('request'))('%s with any one value replaced', (_, { protocol, request }) => {
    fc.assert(
      fc.property(fc.nat(), oddValue(), (place, value) => {
        const body = replaced(request.body, place, value) as JsonObject
        const decoded = attempt(() => protocol.decodeRequest({ ...request, body }))
        if (!decoded) return
        for (const codec of codecs) {
          const target = { provider: 'fixture', model: 'm', traits: {} }
          const encoded = attempt(() => codec.encodeRequest(decoded, target))
          if (encoded) expect(isObject(encoded.wire.body)).toBe(true)
        }
      }),
      { numRuns: 200 },
    )
  })
})

describe('whatever a provider answers is read or ends in an error', () => {
  test.each(having('stream'))('stream %s with any one value replaced', (_, { protocol, stream }) => {
    const frames = framesOf(stream)
    fc.assert(
      fc.property(fc.nat(frames.length - 1), fc.nat(), oddValue(), (index, place, value) => {
        const odd = frames.map((frame, at) =>
          at === index ? { ...frame, data: oddData(frame.data, place, value) } : frame,
        )
        const events = run(protocol.decodeStream(decodeContext()), odd)
        expect(events.filter(({ type }) => type === 'finish' || type === 'error')).toHaveLength(1)
        for (const codec of codecs) expect(run(codec.encodeStream(encodeContext()), events).length).toBeGreaterThan(0)
      }),
      { numRuns: 200 },
    )
  })

  test.each(having('reply'))('reply %s with any one value replaced', (_, { protocol, reply }) => {
    fc.assert(
      fc.property(fc.nat(), oddValue(), (place, value) => {
        const decoded = attempt(() => protocol.decodeReply(replaced(reply, place, value), decodeContext()))
        if (!decoded) return
        for (const codec of codecs) expect(isObject(codec.encodeReply(decoded, encodeContext()))).toBe(true)
      }),
      { numRuns: 200 },
    )
  })

  test.each(codecs.map((codec) => [codec.id, codec] as const))('an error of any shape, for %s', (_, codec) => {
    fc.assert(
      fc.property(fc.integer({ min: 400, max: 599 }), fc.jsonValue(), (status, body) => {
        const error = codec.decodeError(status, body, new Headers())
        expect(error.message).not.toBe('')
        expect(isObject(codec.encodeError(error))).toBe(true)
      }),
    )
  })
})

/** What `read` gives; nothing for a refusal, which must name what is wrong. */
function attempt<Result>(read: () => Result): Result | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof ModelError)) throw error
    expect(error.message).not.toBe('')
    return undefined
  }
}

function oddValue(): fc.Arbitrary<Json | undefined> {
  return fc.oneof(
    fc.constantFrom(null, undefined, '', 0, -1, 1e308, true, '\ud800', [], {}, [null], '__proto__'),
    fc.jsonValue(),
  ) as fc.Arbitrary<Json>
}

function oddData(data: string, place: number, value: Json | undefined): string {
  try {
    return JSON.stringify(replaced(JSON.parse(data), place, value)) ?? 'undefined'
  } catch {
    return data
  }
}

/** A copy of `node` in which the value at `place`, counted through all of it, is another. */
function replaced(node: Json, place: number, value: Json | undefined): Json {
  const total = count(node)
  let left = place % total
  const visit = (inner: Json): Json => {
    if (left-- === 0) return value as Json
    if (Array.isArray(inner)) return inner.map(visit)
    if (!isObject(inner)) return inner
    return Object.fromEntries(
      Object.entries(inner).map(([key, item]) => [key, item === undefined ? item : visit(item)]),
    )
  }
  const copy = visit(node)
  return isObject(copy) || Array.isArray(copy) ? copy : {}
}

function count(node: Json): number {
  if (Array.isArray(node)) return node.reduce<number>((sum, item) => sum + count(item), 1)
  if (!isObject(node)) return 1
  return Object.values(node).reduce<number>((sum, item) => sum + (item === undefined ? 0 : count(item)), 1)
}
