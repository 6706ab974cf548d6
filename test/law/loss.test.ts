import { describe, expect, test } from 'bun:test'
import { isObject, type Json } from '../../src/canonical/json.ts'
import { isBelow, keyOf, leavesOf, type Leaf } from './json-leaves.ts'
import { plain, translations } from './scenarios.ts'

describe('law 7: whatever another protocol is not told is listed in dropped', () => {
  // `dropped` speaks in canonical paths: Anthropic's are the same, others count messages otherwise.
  const rows = translations('request', 'residue').filter(
    ([, , { protocol }, provider]) => protocol.id === 'anthropic-messages' && provider !== protocol,
  )
  test.each(rows)('request %s to a provider of %s', (_name, _to, scenario, provider) => {
    const request = scenario.protocol.decodeRequest(scenario.request)
    const { wire, dropped } = provider.encodeRequest(request, { provider: 'fixture', model: request.model, traits: {} })
    const said = JSON.stringify(plain(wire.body))
    const listed = dropped.map(({ path }) => path)
    const lost = leavesOf(plain(scenario.request.body)).filter(
      (leaf) =>
        isSaid(leaf, scenario.request.body.tools) && !said.includes(quoted(leaf)) && !isListed(leaf.path, listed),
    )
    expect(lost).toEqual([])
  })
})

// Words of a protocol itself, which the other says in its own: who speaks, what media are, how much thinking.
const WORDS: ReadonlySet<string> = new Set(['role', 'media_type', 'effort', 'ttl', '$schema'])

function isSaid({ path, value }: Leaf, tools: Json | undefined): boolean {
  // A yes or no has too many spellings to be looked for; numbers are found by chance.
  if (typeof value !== 'string' || /=(true|false)$/.test(value)) return false
  // Everyone's default.
  if (path === 'service_tier' && value === 'auto') return false
  return !WORDS.has(keyOf(path)) && path !== 'model' && !isServerToolName(path, tools)
}

/** A tool that the provider runs goes by another name there. */
function isServerToolName(path: string, tools: Json | undefined): boolean {
  const index = /^tools\[(\d+)\]\.name$/.exec(path)?.[1]
  const tool = Array.isArray(tools) && index !== undefined ? tools[Number(index)] : undefined
  return isObject(tool) && tool.type !== undefined && tool.type !== 'custom'
}

function quoted({ value }: Leaf): string {
  return JSON.stringify(value).slice(1, -1)
}

/** Listed as such, or as part of something that is. */
function isListed(path: string, listed: readonly string[]): boolean {
  return isBelow(path, listed) || listed.some((other) => isBelow(other, [path]))
}
