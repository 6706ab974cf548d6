import { describe, expect, test } from 'bun:test'
import { having, translations } from './scenarios.ts'

describe('a failed answer keeps its kind, its status and its message', () => {
  test.each(having('error'))('%s as its provider said it', (_, { protocol, error }) => {
    const decoded = protocol.decodeError(error.status, error.body, new Headers(error.headers))
    expect({ kind: decoded.kind, status: decoded.status, message: decoded.message }).toEqual({
      kind: error.kind,
      status: error.status,
      message: error.message,
    })
    expect(decoded.details.retryAfterMs).toBe(error.retryAfterMs as number)
  })

  test.each(translations('error'))('%s told to a client of %s', (_name, _to, { protocol, error }, client) => {
    const told = client.encodeError(protocol.decodeError(error.status, error.body, new Headers(error.headers)))
    expect(JSON.stringify(told)).toContain(JSON.stringify(error.message).slice(1, -1))
    // Other protocols have fewer words for what went wrong.
    if (client === protocol) expect(client.decodeError(error.status, told, new Headers()).kind).toBe(error.kind)
  })
})
