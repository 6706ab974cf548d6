import type { Answer } from './answer.ts'
import { anthropicAnswer } from './turn-anthropic.ts'
import { converseAnswer, invokeAnswer } from './turn-bedrock.ts'
import { chatAnswer } from './turn-chat.ts'
import { geminiAnswer } from './turn-gemini.ts'
import { responsesAnswer } from './turn-responses.ts'
import type { Turn } from './turn.ts'
import type { Received } from './upstream.ts'

/** The turn in the protocol of the request's path; streamed if the request asks for a stream. */
export function answerTurn(request: Received, turn: Turn): Answer {
  const answer = ANSWERS.find(([path]) => path.test(request.path))?.[1]
  if (!answer) throw new Error(`the scripted upstream serves no protocol at ${request.method} ${request.path}`)
  return answer(request, turn)
}

const ANSWERS: readonly (readonly [RegExp, (request: Received, turn: Turn) => Answer])[] = [
  [/\/messages$/, anthropicAnswer],
  [/\/chat\/completions$/, chatAnswer],
  [/\/responses$/, responsesAnswer],
  [/:(streamG|g)enerateContent$/, geminiAnswer],
  [/\/converse(-stream)?$/, converseAnswer],
  [/\/invoke(-with-response-stream)?$/, invokeAnswer],
]
