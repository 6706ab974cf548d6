import { isObject, type Json, type JsonObject } from '../../../src/canonical/json.ts'
import {
  any,
  boolean,
  count,
  fields,
  filled,
  like,
  list,
  number,
  object,
  objects,
  text,
  word,
  type Check,
} from './fields.ts'

/**
 * What the specification of Converse finds wrong with a request to `model`.
 * https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_Converse.html
 */
export function converseFaults(body: JsonObject, model: string): string[] {
  return [
    ...request(body, 'body'),
    ...turns(body),
    ...tools(body),
    ...documents(body),
    ...cachePoints(body, model),
    ...ofModel(body, model),
  ]
}

const NAME = like(/^[a-zA-Z0-9_-]{1,64}$/)
// Recordings are cut in the middle of large data.
const BASE64 = like(/^[A-Za-z0-9+/]+(?:={0,2}|…\[\d+ chars cut\])$/)

/** An object with exactly one of the members. */
function union(members: Readonly<Record<string, Check>>): Check {
  return (value, path) => {
    const held = isObject(value) ? Object.keys(value).filter((key) => value[key] !== undefined) : []
    const wrong = held.length === 1 ? [] : [`${path}: holds ${held.length} members`]
    return [...wrong, ...fields({}, members)(value, path)]
  }
}

const s3Location = fields(
  { uri: like(/^s3:\/\/[a-z0-9][.\-a-z0-9]{1,61}[a-z0-9](?:\/.*)?$/) },
  { bucketOwner: like(/^\d{12}$/) },
)
const image = fields({ format: word('png', 'jpeg', 'gif', 'webp'), source: union({ bytes: BASE64, s3Location }) })
const document = fields(
  {
    name: like(/^(?!.*\s\s)[A-Za-z0-9\s()[\]-]{1,200}$/),
    source: union({ bytes: BASE64, s3Location, text: filled, content: list(union({ text: filled }), 1) }),
  },
  {
    format: word('pdf', 'csv', 'doc', 'docx', 'xls', 'xlsx', 'html', 'txt', 'md'),
    context: text,
    citations: fields({ enabled: boolean }),
  },
)
const video = fields({
  format: word('mkv', 'mov', 'mp4', 'webm', 'flv', 'mpeg', 'mpg', 'wmv', 'three_gp'),
  source: union({ bytes: BASE64, s3Location }),
})
const audio = fields({ format: text, source: union({ bytes: BASE64, s3Location }) })
const cachePoint = fields({ type: word('default') }, { ttl: word('5m', '1h') })
const guardContent = union({
  text: fields({ text: filled }, { qualifiers: list(word('grounding_source', 'query', 'guard_content')) }),
  image: fields({ format: word('png', 'jpeg'), source: union({ bytes: BASE64 }) }),
})
const searchResult = fields(
  { source: text, title: text, content: list(fields({ text: filled })) },
  { citations: object },
)

const block = union({
  text: filled,
  image,
  document,
  video,
  audio,
  toolUse: fields({ toolUseId: NAME, name: NAME, input: object }, { type: word('server_tool_use') }),
  toolResult: fields(
    {
      toolUseId: NAME,
      content: list(union({ text: filled, json: any, image, document, video, searchResult })),
    },
    { status: word('success', 'error') },
  ),
  guardContent,
  cachePoint,
  searchResult,
  reasoningContent: union({ reasoningText: fields({ text }, { signature: filled }), redactedContent: BASE64 }),
  citationsContent: fields({}, { content: list(union({ text })), citations: list(object) }),
})

const request = fields(
  { messages: list(fields({ role: word('user', 'assistant', 'system'), content: list(block, 1) }), 1) },
  {
    system: list(union({ text: filled, guardContent, cachePoint }), 1),
    inferenceConfig: fields(
      {},
      { maxTokens: count(1), temperature: number(0, 1), topP: number(0, 1), stopSequences: list(filled) },
    ),
    toolConfig: fields(
      {
        tools: list(
          union({
            toolSpec: fields(
              { name: NAME, inputSchema: fields({ json: objectSchema }) },
              { description: filled, strict: boolean },
            ),
            systemTool: fields({ name: NAME }),
            cachePoint,
          }),
          1,
        ),
      },
      { toolChoice: union({ auto: object, any: object, tool: fields({ name: NAME }) }) },
    ),
    guardrailConfig: object,
    additionalModelRequestFields: object,
    additionalModelResponseFieldPaths: list(like(/^\//)),
    promptVariables: object,
    requestMetadata: object,
    performanceConfig: object,
    serviceTier: object,
    outputConfig: fields(
      {},
      {
        textFormat: fields({
          type: word('json_schema'),
          structure: union({ jsonSchema: fields({ schema: json }, { name: text, description: text }) }),
        }),
        effort: text,
      },
    ),
  },
)

// Claude refuses alternatives at the top, whoever serves it.
function objectSchema(value: Json, path: string): string[] {
  if (!isObject(value) || value.type !== 'object') return [`${path}: is no schema of an object`]
  return ['oneOf', 'anyOf', 'allOf'].flatMap((keyword) => (keyword in value ? [`${path}: ${keyword} at the top`] : []))
}

function json(value: Json, path: string): string[] {
  try {
    return isObject(JSON.parse(String(value))) ? [] : [`${path}: is no object in JSON`]
  } catch {
    return [`${path}: is no JSON`]
  }
}

function contentOf(message: JsonObject): JsonObject[] {
  return objects(message.content)
}

/** Roles alternate from the user on, and every call is answered by the next turn, all of them and no others. */
function turns(body: JsonObject): string[] {
  const messages = objects(body.messages)
  const faults = messages[0]?.role === 'user' ? [] : ['messages: do not begin with the user']
  messages.forEach((message, index) => {
    const before = messages[index - 1]
    if (before?.role === message.role) faults.push(`messages[${index}]: follows its own role`)
    const asked = before
      ? contentOf(before).flatMap(({ toolUse }) =>
          isObject(toolUse) && toolUse.type === undefined ? [toolUse.toolUseId] : [],
        )
      : []
    const answered = contentOf(message).flatMap(({ toolResult }) =>
      isObject(toolResult) ? [toolResult.toolUseId] : [],
    )
    if (sorted(asked) !== sorted(answered))
      faults.push(`messages[${index}]: answers ${answered.length} of ${asked.length} calls`)
    if (new Set(asked).size < asked.length) faults.push(`messages[${index - 1}]: uses an id twice`)
    if (message.role === 'assistant' && contentOf(message).some(isMedia))
      faults.push(`messages[${index}]: media of the assistant`)
  })
  const last = messages.at(-1)
  if (last && contentOf(last).some(({ toolUse }) => toolUse !== undefined)) faults.push('messages: end with a call')
  return faults
}

function sorted(ids: readonly (Json | undefined)[]): string {
  return ids
    .map(String)
    .toSorted((one, other) => one.localeCompare(other))
    .join(' ')
}

function isMedia({ image: shown, document: read, video: seen, audio: heard }: JsonObject): boolean {
  return [shown, read, seen, heard].some((media) => media !== undefined)
}

function tools(body: JsonObject): string[] {
  const config = isObject(body.toolConfig) ? body.toolConfig : undefined
  const blocks = objects(body.messages).flatMap(contentOf)
  const needs = blocks.some(({ toolUse, toolResult }) => toolUse !== undefined || toolResult !== undefined)
  if (!config) return needs ? ['toolConfig: is missing, and there are calls'] : []
  const names = objects(config.tools).flatMap(({ toolSpec }) => (isObject(toolSpec) ? [toolSpec.name] : []))
  const chosen =
    isObject(config.toolChoice) && isObject(config.toolChoice.tool) ? config.toolChoice.tool.name : undefined
  return [
    ...(new Set(names).size < names.length ? ['toolConfig.tools: a name twice'] : []),
    ...(chosen !== undefined && !names.includes(chosen) ? ['toolConfig.toolChoice: is no tool'] : []),
  ]
}

function documents(body: JsonObject): string[] {
  const messages = objects(body.messages)
  const names = messages.flatMap(contentOf).flatMap((each) => (isObject(each.document) ? [each.document.name] : []))
  const lonely = messages.filter((message) => {
    const blocks = contentOf(message)
    return blocks.some((each) => each.document !== undefined) && !blocks.some((each) => each.text !== undefined)
  })
  return [
    ...(new Set(names).size < names.length ? ['documents: a name twice'] : []),
    ...lonely.map(() => 'documents: without a text'),
  ]
}

function cachePoints(body: JsonObject, model: string): string[] {
  const lists = [
    body.system,
    isObject(body.toolConfig) ? body.toolConfig.tools : undefined,
    ...objects(body.messages).map(({ content }) => content),
  ]
  const points = lists.flatMap((each) => objects(each).filter((item) => item.cachePoint !== undefined))
  const leading = lists.some((each) => objects(each)[0]?.cachePoint !== undefined)
  return [
    ...(points.length > 0 && !/claude|nova/.test(model) ? ['cachePoint: the model has no cache'] : []),
    ...(points.length > 4 ? ['cachePoint: more than four'] : []),
    ...(leading ? ['cachePoint: nothing before it'] : []),
  ]
}

/** What only some models refuse. */
function ofModel(body: JsonObject, model: string): string[] {
  const added = isObject(body.additionalModelRequestFields) ? body.additionalModelRequestFields : {}
  const config = isObject(body.inferenceConfig) ? body.inferenceConfig : {}
  if (/nova/.test(model)) return nova(body, config)
  if (!/claude/.test(model)) return added.thinking === undefined ? [] : ['thinking: the model has none']
  const thinking = isObject(added.thinking) ? added.thinking : undefined
  const budget = Number(thinking?.budget_tokens)
  const forced =
    isObject(body.toolConfig) && isObject(body.toolConfig.toolChoice) && body.toolConfig.toolChoice.auto === undefined
  return [
    ...(config.temperature !== undefined && config.topP !== undefined ? ['temperature: together with topP'] : []),
    ...(thinking && (config.temperature !== undefined || config.topP !== undefined)
      ? ['temperature: together with thinking']
      : []),
    ...(thinking && forced ? ['thinking: with a forced tool'] : []),
    ...(thinking?.type === 'enabled' && !(budget >= 1024 && budget < Number(config.maxTokens ?? Infinity))
      ? ['thinking: its budget']
      : []),
  ]
}

function nova(body: JsonObject, config: JsonObject): string[] {
  const specs = objects(isObject(body.toolConfig) ? body.toolConfig.tools : undefined)
  const top = specs.flatMap(({ toolSpec }) => {
    const schema = isObject(toolSpec) && isObject(toolSpec.inputSchema) ? toolSpec.inputSchema.json : {}
    return Object.keys(isObject(schema) ? schema : {}).filter(
      (key) => !['type', 'properties', 'required'].includes(key),
    )
  })
  return [
    ...top.map((key) => `toolSpec.inputSchema.json.${key}: Nova knows no such keyword at the top`),
    ...(/"\$ref":"(?!data")/.test(JSON.stringify(specs)) ? ['toolSpec.inputSchema.json: a reference'] : []),
    ...(specs.some(({ cachePoint: point }) => point !== undefined) ? ['toolConfig.tools: Nova caches none'] : []),
    ...(Array.isArray(config.stopSequences) && config.stopSequences.length > 4
      ? ['stopSequences: more than four']
      : []),
  ]
}
