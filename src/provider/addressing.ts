import { omit, type JsonObject } from '../canonical/json.ts'
import type { Addressing } from './provider.ts'

/** Where a request goes and what it says. */
export interface Addressed {
  readonly path: string
  readonly body: JsonObject
}

/** A request as a provider wants it whose paths are not the protocol's own; the body is the very same if it may stay. */
export function addressed(request: Addressed, addressing: Addressing | undefined, model: string): Addressed {
  return addressing === undefined ? request : ways[addressing](request, encodeURIComponent(model))
}

const ways: Readonly<Record<Addressing, (request: Addressed, model: string) => Addressed>> = {
  // https://learn.microsoft.com/en-us/azure/ai-foundry/openai/reference
  'azure-deployments': ({ path, body }, model) => ({ path: `/deployments/${model}${path}`, body }),
  // https://platform.claude.com/docs/en/build-with-claude/claude-on-vertex-ai
  'vertex-claude': ({ path, body }, model) =>
    path.endsWith('/count_tokens')
      ? { path: '/models/count-tokens:rawPredict', body: withVersion(body) }
      : {
          path: `/models/${model}:${body['stream'] === true ? 'streamRawPredict' : 'rawPredict'}`,
          body: withVersion(omit(body, inPath)),
        },
}

const inPath = new Set(['model'])

/** What others say in the header `anthropic-version`. */
function withVersion(body: JsonObject): JsonObject {
  return { anthropic_version: 'vertex-2023-10-16', ...body }
}
