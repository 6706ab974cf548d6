import { ModelError } from '../canonical/error.ts'
import type { JsonObject } from '../canonical/json.ts'
import type { Ports } from '../platform/ports.ts'
import type { Dropped, Traits } from '../protocol/protocol.ts'
import { applyLessons, describeLesson, lessonOf, type Lesson, type Lessoned } from '../provider/lesson.ts'
import { nameOfTarget } from '../router/model-name.ts'
import type { RouteTarget } from '../router/route.ts'
import type { Learnt } from './learnt.ts'

/** Remembers what models refused, so that each refusal costs one call only once. */
export interface School {
  /**
   * Prepares a request with the traits learnt so far and sends it as the other lessons want it. Where the answer is a
   * refusal that teaches something, learns it, warns once, and does it again; every lesson takes something out, so
   * this ends.
   */
  ask<P extends Lessoned, T>(
    target: RouteTarget,
    prepare: (learnt: Traits | undefined) => P,
    send: (edited: Edited<P>) => Promise<T>,
  ): Promise<T>
}

/** A prepared request and what the lessons made of it. */
export interface Edited<P> {
  readonly prepared: P
  /** The very body that was prepared if no lesson applies. */
  readonly body: JsonObject
  readonly headers: Lessoned['headers']
  /** What the lessons took. */
  readonly lost: readonly Dropped[]
}

/** A refusal names one field at a time: a request with a handful of new ones must still get through. */
const MOST_LESSONS_A_CALL = 8

const OF_ONE_CALL: ReadonlySet<Lesson['type']> = new Set(['forget-reasoning', 'stop-thinking'])

function isLasting(lesson: Lesson): boolean {
  return !OF_ONE_CALL.has(lesson.type) && !(lesson.type === 'limit' && lesson.ofThisCall)
}

export function createSchool(ports: Ports, learnt: Learnt): School {
  return {
    async ask(target, prepare, send) {
      const key = nameOfTarget(target)
      const known = learnt.of(target.provider).lessons
      let lessons = known.get(key) ?? []
      let prepared = prepare(traitsOf(lessons))
      for (let tries = 0; ; tries++) {
        const { body, headers, applied } = applyLessons(prepared, lessons)
        try {
          return await send({ prepared, body, headers, lost: applied.map(lossOf) })
        } catch (cause) {
          const lesson =
            cause instanceof ModelError && tries < MOST_LESSONS_A_CALL ? lessonOf(cause, { body, headers }) : undefined
          if (!lesson) throw cause
          lessons = [...lessons, lesson]
          ports.log('warn', `${target.provider} (${target.model}) refused a request: ${describeLesson(lesson).what}`, {
            answer: (cause as ModelError).message,
          })
          if (isLasting(lesson)) known.set(key, [...(known.get(key) ?? []), lesson])
          if (lesson.type === 'trait') prepared = prepare(traitsOf(lessons))
        }
      }
    },
  }
}

function traitsOf(lessons: readonly Lesson[]): Traits | undefined {
  if (lessons.length === 0) return undefined
  const traits = lessons.flatMap((lesson) => (lesson.type === 'trait' ? lesson.traits : []))
  return traits.length > 0 ? Object.assign({}, ...traits) : undefined
}

function lossOf(lesson: Lesson): Dropped {
  const { path, what } = describeLesson(lesson)
  return { path, why: `the provider refused it: ${what}` }
}
