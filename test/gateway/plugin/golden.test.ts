import { describe, expect, test } from 'bun:test'
import { clients, goldens, inProcess, transcript } from './goldens.ts'

const names = Object.keys(clients) as (keyof typeof clients)[]
const cases = Object.keys(goldens).flatMap((name) =>
  names.flatMap((client) => [true, false].map((isStream) => [name, client, isStream] as const)),
)

describe('golden', () => {
  test.each(cases)('%s asks and answers for a client of %s (stream: %p)', async (name, client, isStream) => {
    expect(await transcript(name, client, isStream, inProcess)).toMatchSnapshot()
  })
})
