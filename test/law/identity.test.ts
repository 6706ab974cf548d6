import { describe, expect, test } from 'bun:test'
import { isObject } from '../../src/canonical/json.ts'
import type { ModelRequest } from '../../src/canonical/request.ts'
import { isBelow, leavesOf } from './json-leaves.ts'
import { decodeContext, encodeContext, having, plain } from './scenarios.ts'

describe('law 1: encoding what was decoded gives back what came', () => {
  test.each(having('request'))('request %s', (_, { protocol, request }) => {
    const decoded = protocol.decodeRequest(request)
    const { wire, dropped } = protocol.encodeRequest(decoded, { provider: 'fixture', model: decoded.model, traits: {} })
    expect(plain(wire.body)).toEqual(plain(request.body))
    expect(wire.query).toBe(request.query)
    if (request.path !== '') expect(wire.path).toBe(request.path)
    expect(wire.headers).toMatchObject(request.headers)
    expect(dropped).toEqual([])
  })

  test.each(having('reply'))('reply %s', (_, { protocol, reply }) => {
    const decoded = protocol.decodeReply(reply, decodeContext())
    expect(plain(protocol.encodeReply(decoded, encodeContext()))).toEqual(plain(reply))
  })
})

describe('law 1b: the canonical form alone holds every documented field', () => {
  test.each(having('request', 'residue'))('request %s', (_, { protocol, request, residue }) => {
    const decoded = withoutNative(protocol.decodeRequest(request))
    const target = { provider: 'fixture', model: decoded.model, traits: { systemMessages: true } }
    const { wire, dropped } = protocol.encodeRequest(decoded, target)
    const excused = [...residue, ...dropped.map(({ path }) => path)]
    const kept = leavesOf(plain(wire.body)).map(({ value }) => value)
    const lost = leavesOf(plain(request.body)).filter(
      ({ path, value }) => !isBelow(path, excused) && !kept.includes(value),
    )
    expect(lost).toEqual([])
  })
})

/** Every residue removed, whole where a node is nothing else. Signed reasoning keeps its mark: it goes nowhere without. */
function withoutNative(request: ModelRequest): ModelRequest {
  const strip = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.filter((item) => !isNativeOnly(item)).map(strip)
    if (typeof value !== 'object' || value === null) return value
    const { native, ...rest } = value as Record<string, unknown>
    const mark = rest.type === 'reasoning' && native ? { native: { ...native, rest: {} } } : {}
    return { ...Object.fromEntries(Object.entries(rest).map(([key, inner]) => [key, strip(inner)])), ...mark }
  }
  return strip(request) as ModelRequest
}

function isNativeOnly(value: unknown): boolean {
  return isObject(value) && (value.type === 'native' || value.type === 'server')
}
