import type { Protocol, Target, WireRequest } from '../../src/protocol/protocol.ts'
import { differenceOf, lostWordsOfTools, type Difference } from './difference.ts'
import { isOwnJudgement, meaningOf, type Fact } from './facts.ts'
import { isBelow } from './json-leaves.ts'

/** What a client's request loses or gains on its way by another protocol and back, and `dropped` does not list. */
export function unlistedDifference(client: Protocol, wire: WireRequest, provider: Protocol, model: string): Difference {
  const asked = client.decodeRequest(wire)
  const there = provider.encodeRequest(asked, target(model))
  const told = provider.decodeRequest(there.wire)
  const back = client.encodeRequest(told, target(asked.model))
  const heard = client.decodeRequest(back.wire)

  const firstName = (name: string): string => there.context.toolNames?.get(name) ?? name
  const nameOf = (name: string): string => firstName(back.context.toolNames?.get(name) ?? name)
  const listed = there.dropped.map(({ path }) => path)
  const listedBack = back.dropped.map(({ path }) => path)
  const toldMeaning = meaningOf(told, firstName)
  const { missing, added } = differenceOf(meaningOf(asked), meaningOf(heard, nameOf))
  const lost = [...missing, ...lostWordsOfTools(asked, heard, nameOf)].filter((fact) => {
    if (fact.says === 'thinking high' && isOwnJudgement(heard.reasoning)) return false
    if ((ALSO[fact.path] ?? [fact.path]).some((path) => isListed(path, listed))) return false
    const places = placesOf(fact, toldMeaning)
    return !places.some((path) => (ALSO[path] ?? [path]).some((place) => isListed(place, listedBack)))
  })
  // What is changed to fit is listed as well: the new value is no invention.
  const isChange = (says: string): boolean =>
    (says === 'thinking high' && isOwnJudgement(asked.reasoning)) ||
    listed
      .concat(listedBack)
      .some((path) => says.startsWith(path.endsWith('.title') ? 'media title ' : `${path.split('.')[0]} `))
  return { missing: lost, added: added.filter((says) => !isChange(says)) }
}

/** One wish that may be listed by any of its spellings. */
const ALSO: Readonly<Record<string, readonly string[]>> = {
  thinking: ['thinking', 'thinking.budget_tokens'],
}

function target(model: string): Target {
  return { provider: 'fixture', model, traits: {} }
}

/** Where the provider's request says what the client's did: the second list speaks of that one. */
function placesOf(fact: Fact, told: ReturnType<typeof meaningOf>): string[] {
  const same = told.facts.filter(({ says }) => says === fact.says).map(({ path }) => path)
  const words = told.words.filter(({ speaker, text }) => `${speaker} says ${text}`.includes(fact.says))
  return [...same, ...words.map(({ path }) => path), ...(/^(messages|system)\[/.test(fact.path) ? [] : [fact.path])]
}

/** Listed as such, or as part of something that is. */
function isListed(path: string, listed: readonly string[]): boolean {
  return isBelow(path, listed)
}
