import type { JsonObject } from '../../src/canonical/json.ts'
import { modelIn } from '../helper/turn-bedrock.ts'
import type { Received } from '../helper/upstream.ts'
import { anthropicFaults } from '../protocol/validate/anthropic.ts'
import { converseFaults } from '../protocol/validate/bedrock.ts'
import { chatFaults } from '../protocol/validate/chat.ts'
import { geminiFaults } from '../protocol/validate/gemini.ts'
import { responsesFaults } from '../protocol/validate/responses.ts'

/** What the published specification of the request's protocol finds wrong with it, definitions of tools included. */
export function faultsIn({ path, body }: Received): string[] {
  const judge = JUDGES.find(([pattern]) => pattern.test(path))?.[1]
  return judge ? judge(body as JsonObject, path) : [`no specification is known of ${path}`]
}

const JUDGES: readonly (readonly [RegExp, (body: JsonObject, path: string) => string[]])[] = [
  [/\/messages$/, (body) => anthropicFaults(body)],
  [/\/chat\/completions$/, (body) => chatFaults(body)],
  [/\/responses$/, (body) => responsesFaults(body)],
  [/:(streamG|g)enerateContent$/, (body) => geminiFaults(body)],
  [/\/converse(-stream)?$/, (body, path) => converseFaults(body, modelIn(path))],
  [/\/invoke(-with-response-stream)?$/, invokeFaults],
]

/** Anthropic's own body, with the version in it and the model in the path. */
function invokeFaults(sent: JsonObject, path: string): string[] {
  const { anthropic_version: version, anthropic_beta: _, ...body } = sent
  const wrong = version === 'bedrock-2023-05-31' ? [] : [`anthropic_version: is ${JSON.stringify(version)}`]
  return [...wrong, ...anthropicFaults({ ...body, model: modelIn(path) })]
}
