import { isObject, parseJson, type Json, type JsonObject } from '../../canonical/json.ts'
import type { Frame } from '../../protocol/protocol.ts'

/** The Chat chunk in a frame; nothing for `[DONE]` and for what is no object, which the codec reports. */
export function chunkOf({ data }: Frame): JsonObject | undefined {
  try {
    const chunk: Json = parseJson(data)
    return isObject(chunk) ? chunk : undefined
  } catch {
    return undefined
  }
}

/** The first choice of a chunk or of a whole reply: others are other answers to the same question. */
export function choiceOf({ choices }: JsonObject): JsonObject | undefined {
  const [choice] = Array.isArray(choices) ? choices : []
  return isObject(choice) ? choice : undefined
}

/** A frame like `chunk` that tells nothing but `delta`. */
export function deltaFrame(chunk: JsonObject, delta: JsonObject): Frame {
  return { data: JSON.stringify({ ...chunk, usage: undefined, choices: [{ index: 0, delta }] }) }
}

/** `frame` with another choice in its chunk. */
export function frameWith(frame: Frame, chunk: JsonObject, choice: JsonObject): Frame {
  return { ...frame, data: JSON.stringify({ ...chunk, choices: [choice] }) }
}

/** Whether the provider says that its stream is complete. */
export function isDone({ data }: Frame): boolean {
  return data.trim() === '[DONE]'
}

/** A whole reply with the message of each choice edited; `edit` gives nothing where there is nothing to do. */
export function editMessages(body: Json, edit: (message: JsonObject) => JsonObject | undefined): Json {
  if (!isObject(body) || !Array.isArray(body.choices)) return body
  const choices = body.choices.map((choice) => {
    const edited = isObject(choice) && isObject(choice.message) ? edit(choice.message) : undefined
    return isObject(choice) && edited ? { ...choice, message: edited } : choice
  })
  return { ...body, choices }
}
