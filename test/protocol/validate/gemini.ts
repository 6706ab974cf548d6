import type { Json, JsonObject } from '../../../src/canonical/json.ts'
import {
  any,
  boolean,
  count,
  either,
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

/** What Google's specification of generateContent finds wrong with a request. https://ai.google.dev/api/generate-content */
export function geminiFaults(body: JsonObject): string[] {
  return [...request(body, 'body'), ...turns(body), ...choice(body)]
}

const NAME = like(/^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$/)
const MEDIA = like(/^[\w.+-]+\/[\w.+-]+$/)
const blob = fields({ mimeType: MEDIA, data: filled }, { displayName: text })
const file = fields({ fileUri: filled }, { mimeType: MEDIA, displayName: text })

const DATA: Readonly<Record<string, Check>> = {
  text,
  inlineData: blob,
  fileData: file,
  functionCall: fields({ name: NAME }, { id: text, args: object }),
  functionResponse: fields(
    { name: NAME, response: object },
    {
      id: text,
      parts: list(fields({}, { inlineData: blob, fileData: file }), 1),
      willContinue: boolean,
      scheduling: text,
    },
  ),
  executableCode: object,
  codeExecutionResult: object,
}

const part: Check = (value, path) => {
  const held = Object.keys(DATA).filter((key) => (value as JsonObject | null)?.[key] !== undefined)
  const wrong =
    held.length === 1 || (held.length === 0 && (value as JsonObject | null)?.thoughtSignature !== undefined)
      ? []
      : [`${path}: holds ${held.length} kinds of data`]
  return [
    ...wrong,
    ...fields({}, { ...DATA, thought: boolean, thoughtSignature: filled, videoMetadata: object, mediaResolution: any })(
      value,
      path,
    ),
  ]
}

const TYPES = ['STRING', 'NUMBER', 'INTEGER', 'BOOLEAN', 'ARRAY', 'OBJECT', 'NULL']
// The API takes 64-bit whole numbers as digits, too.
const long = either(count(), like(/^\d+$/))

const schema: Check = (value, path) => {
  const node = value as JsonObject
  const faults = fields({}, SCHEMA)(value, path)
  if (node.type === undefined && node.anyOf === undefined) faults.push(`${path}: has no type`)
  if (node.type === 'ARRAY' && node.items === undefined) faults.push(`${path}: a list without items`)
  if (node.enum !== undefined && node.type !== 'STRING') faults.push(`${path}: an enum of ${String(node.type)}`)
  if (node.properties !== undefined && Object.keys(node.properties as JsonObject).length === 0)
    faults.push(`${path}: properties are empty`)
  const known = Object.keys((node.properties as JsonObject | undefined) ?? {})
  for (const name of Array.isArray(node.required) ? node.required : [])
    if (!known.includes(name as string)) faults.push(`${path}.required: ${String(name)} is no property`)
  const formats = FORMATS[String(node.type)]
  if (node.format !== undefined && !formats?.includes(String(node.format)))
    faults.push(`${path}.format: ${String(node.format)} of ${String(node.type)}`)
  return faults
}

const FORMATS: Readonly<Record<string, readonly string[]>> = {
  STRING: ['enum', 'date-time'],
  NUMBER: ['float', 'double'],
  INTEGER: ['int32', 'int64'],
}

const inner: Check = (value: Json, path: string) => schema(value, path)
const SCHEMA: Readonly<Record<string, Check>> = {
  type: word(...TYPES),
  format: text,
  title: text,
  description: text,
  nullable: boolean,
  enum: list(filled, 1),
  maxItems: long,
  minItems: long,
  properties: (value, path) =>
    Object.entries(value as JsonObject).flatMap(([key, node]) => inner(node as Json, `${path}.${key}`)),
  required: list(text),
  minProperties: long,
  maxProperties: long,
  minLength: long,
  maxLength: long,
  pattern: text,
  example: any,
  anyOf: list(inner, 1),
  propertyOrdering: list(text),
  default: any,
  items: inner,
  minimum: number(),
  maximum: number(),
}

const declaration = fields(
  { name: NAME },
  {
    description: text,
    parameters: inner,
    parametersJsonSchema: object,
    response: inner,
    responseJsonSchema: object,
    behavior: text,
  },
)
const content = fields({ parts: list(part, 1) }, { role: word('user', 'model') })
const config = fields(
  {},
  {
    temperature: number(0, 2),
    topP: number(0, 1),
    topK: number(1),
    candidateCount: count(1),
    maxOutputTokens: count(1),
    stopSequences: (value, path) => [
      ...list(like(/^[^]+$/))(value, path),
      ...((value as Json[]).length > 5 ? [`${path}: more than 5`] : []),
    ],
    responseMimeType: word('text/plain', 'application/json', 'text/x.enum'),
    responseSchema: inner,
    responseJsonSchema: object,
    seed: count(-Infinity),
    presencePenalty: number(-2, 2),
    frequencyPenalty: number(-2, 2),
    responseLogprobs: boolean,
    logprobs: count(),
    responseModalities: list(word('TEXT', 'IMAGE', 'AUDIO')),
    speechConfig: object,
    imageConfig: object,
    mediaResolution: text,
    thinkingConfig: fields(
      {},
      {
        includeThoughts: boolean,
        thinkingBudget: count(-1),
        thinkingLevel: either(word('MINIMAL', 'LOW', 'MEDIUM', 'HIGH'), word('minimal', 'low', 'medium', 'high')),
      },
    ),
  },
)
const request = fields(
  { contents: list(content, 1) },
  {
    model: text,
    systemInstruction: content,
    tools: list(
      fields(
        {},
        {
          functionDeclarations: list(declaration, 1),
          googleSearch: object,
          codeExecution: object,
          urlContext: object,
          googleSearchRetrieval: object,
          fileSearch: object,
          computerUse: object,
        },
      ),
    ),
    toolConfig: fields(
      {},
      {
        functionCallingConfig: fields(
          {},
          { mode: word('AUTO', 'ANY', 'NONE', 'VALIDATED'), allowedFunctionNames: list(NAME, 1) },
        ),
        retrievalConfig: object,
      },
    ),
    safetySettings: list(fields({ category: text, threshold: text })),
    generationConfig: config,
    cachedContent: text,
  },
)

/** Responses come right after the calls, one for each; the user speaks first and last, and speakers take turns. */
function turns(body: JsonObject): string[] {
  const faults: string[] = []
  const contents = objects(body.contents)
  let open: string[] = []
  let answeredBefore = 0
  contents.forEach(({ role, parts }, index) => {
    const responses = objects(parts).flatMap(({ functionResponse: held }) =>
      held ? [String((held as JsonObject).name)] : [],
    )
    const calls = objects(parts).flatMap(({ functionCall: held }) => (held ? [String((held as JsonObject).name)] : []))
    if ([...responses].toSorted().join() !== [...open].toSorted().join())
      faults.push(`contents[${index}]: answers ${responses.join()}, called were ${open.join()}`)
    if (calls.length > 0 && role !== 'model') faults.push(`contents[${index}]: the user calls functions`)
    // What comes after the answers of functions may be a turn of its own.
    if (index > 0 && role === contents[index - 1]?.role && answeredBefore === 0)
      faults.push(`contents[${index}]: ${String(role)} speaks twice`)
    open = calls
    answeredBefore = responses.length
  })
  const first = contents[0]
  if (first?.role === 'model' && objects(first.parts).some((held) => held.functionCall !== undefined))
    faults.push('contents: begin with a call')
  if (open.length > 0) faults.push(`calls of ${open.join()} are not answered`)
  return faults
}

function choice({ tools, toolConfig, generationConfig }: JsonObject): string[] {
  const names = objects(tools).flatMap((tool) => objects(tool.functionDeclarations).map(({ name }) => String(name)))
  const calling = (toolConfig as JsonObject | undefined)?.functionCallingConfig as JsonObject | undefined
  const allowed = (calling?.allowedFunctionNames ?? []) as string[]
  const { responseSchema, responseJsonSchema, responseMimeType } = (generationConfig ?? {}) as JsonObject
  return [
    ...allowed.filter((name) => !names.includes(name)).map((name) => `toolConfig: ${name} is no function`),
    ...(allowed.length > 0 && calling?.mode !== 'ANY' && calling?.mode !== 'VALIDATED'
      ? ['toolConfig: names without mode ANY']
      : []),
    ...(new Set(names).size < names.length ? ['tools: two functions have one name'] : []),
    ...((responseSchema ?? responseJsonSchema) !== undefined && responseMimeType !== 'application/json'
      ? ['responseSchema: without application/json']
      : []),
  ]
}
