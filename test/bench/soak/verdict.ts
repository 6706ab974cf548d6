import type { Case } from './case.ts'
import { expectedText } from './turn.ts'

/** What a client makes of an answer: whole, an error in its own protocol, or what is wrong about it. */
export type Verdict = 'whole' | 'failed' | { readonly wrong: string }

/** Reads an answer as it comes, as strictly as its protocol is. */
export interface Judge {
  push(text: string): void
  end(): Verdict
}

/** A judge of the answer to `one`, whose status is `status`. */
export function createJudge(one: Case, status: number): Judge {
  if (status !== 200 || one.behaviour === 'whole') return judgeWhole(one, status)
  return judgeStream(one, one.way === 'relayed-chat' ? readChat : readMessages)
}

type Loose = ReturnType<typeof JSON.parse>

function judgeWhole(one: Case, status: number): Judge {
  const isChat = one.way === 'relayed-chat'
  let text = ''
  const wrong = (what: string): Verdict => ({ wrong: `${status} with ${what}: ${text.slice(0, 300)}` })
  const error = (body: Loose): Verdict => {
    const isOwn = isChat ? body.type === undefined && 'param' in body.error : body.type === 'error' && body.error.type
    return isOwn && body.error.message ? 'failed' : wrong('an error of another protocol')
  }
  const success = (body: Loose): Verdict => {
    const [said, end] = isChat
      ? [body.choices[0].message.content, body.choices[0].finish_reason === 'stop']
      : [body.content.map((block: Loose) => block.text).join(''), body.stop_reason === 'end_turn']
    return end && said === expectedText(one) ? 'whole' : wrong('a false success')
  }
  return {
    push: (more) => void (text += more),
    end() {
      try {
        const body = JSON.parse(text)
        return status === 200 ? success(body) : error(body)
      } catch (cause) {
        return wrong(String(cause))
      }
    },
  }
}

/** What a protocol's frame adds to the answer. Throws where the frame may not stand there. */
type Read = (frame: { readonly event: string | undefined; readonly data: string }, so: Progress) => void

interface Progress {
  text: string
  phase: 'before' | 'open' | 'finished' | 'over'
  error?: string
}

function judgeStream(one: Case, read: Read): Judge {
  const so: Progress = { text: '', phase: 'before' }
  let rest = ''
  let wrong: string | undefined
  const frame = (text: string): void => {
    if (text.startsWith(':')) return
    if (so.phase === 'over' || so.error !== undefined) throw new Error('something after its end')
    const event = /^event: (.*)$/m.exec(text)?.[1]
    const data = /^data: (.*)$/m.exec(text)?.[1]
    if (data === undefined) throw new Error('a frame without data')
    read({ event, data }, so)
  }
  return {
    push(more) {
      const frames = (rest + more).split('\n\n')
      rest = frames.pop() ?? ''
      try {
        if (wrong === undefined) frames.forEach(frame)
      } catch (cause) {
        wrong = `${String(cause)}, after ${so.text.length} characters`
      }
    },
    end() {
      if (wrong === undefined && rest !== '') wrong = `half a frame at the end: ${rest.slice(0, 100)}`
      if (wrong !== undefined) return { wrong }
      if (so.error !== undefined) return 'failed'
      if (so.phase !== 'over') return { wrong: `no end after ${so.text.length} characters` }
      if (so.text === expectedText(one)) return 'whole'
      return { wrong: `a false success with ${so.text.length} characters: ${so.text.slice(0, 100)}` }
    },
  }
}

const readMessages: Read = ({ event, data }, so) => {
  const body = JSON.parse(data)
  if (event !== body.type) throw new Error(`an event ${event} that says ${body.type}`)
  const expect = (...phases: readonly Progress['phase'][]): void => {
    if (!phases.includes(so.phase)) throw new Error(`${body.type} when it is ${so.phase}`)
  }
  switch (body.type) {
    case 'ping':
      return
    case 'error':
      if (!body.error.type || !body.error.message) throw new Error('an error without type or message')
      so.error = body.error.message
      return
    case 'message_start':
      expect('before')
      so.phase = 'open'
      return
    case 'content_block_start':
    case 'content_block_stop':
      return expect('open')
    case 'content_block_delta':
      expect('open')
      so.text += body.delta.text
      return
    case 'message_delta':
      expect('open')
      if (body.delta.stop_reason !== 'end_turn') throw new Error(`an end for ${body.delta.stop_reason}`)
      so.phase = 'finished'
      return
    case 'message_stop':
      expect('finished')
      so.phase = 'over'
      return
    default:
      throw new Error(`an event ${body.type}`)
  }
}

const readChat: Read = ({ data }, so) => {
  if (data === '[DONE]') {
    if (so.phase !== 'finished') throw new Error(`[DONE] when it is ${so.phase}`)
    so.phase = 'over'
    return
  }
  const body = JSON.parse(data)
  if (body.error) {
    if (!body.error.message) throw new Error('an error without a message')
    so.error = body.error.message
    return
  }
  const choice = body.choices[0]
  if (so.phase === 'before') so.phase = 'open'
  if (choice?.delta.content && so.phase !== 'open') throw new Error(`words when it is ${so.phase}`)
  so.text += choice?.delta.content ?? ''
  if (choice?.finish_reason && choice.finish_reason !== 'stop') throw new Error(`an end for ${choice.finish_reason}`)
  if (choice?.finish_reason) so.phase = 'finished'
}
