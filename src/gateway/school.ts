import { ModelError } from '../canonical/error.ts'
import type { JsonObject } from '../canonical/json.ts'
import type { Ports } from '../platform/ports.ts'
import type { Dropped } from '../protocol/protocol.ts'
import { applyLessons, describeLesson, lessonOf, type Lesson } from '../provider/lesson.ts'
import type { RouteTarget } from '../router/route.ts'

/** Remembers what models refused, so that each refusal costs one call only once. */
export interface School {
  /**
   * Sends `body` as the lessons so far want it. Where the answer is a refusal that teaches something, learns it, warns
   * once, and sends again; every lesson takes something out, so this ends. `lost` is what the lessons took.
   */
  ask<T>(target: RouteTarget, body: JsonObject, send: (body: JsonObject, lost: readonly Dropped[]) => Promise<T>): Promise<T>
}

/** A refusal names one field at a time: a request with a handful of new ones must still get through. */
const MOST_LESSONS_A_CALL = 8

export function createSchool(ports: Ports): School {
  const learnt = new Map<string, readonly Lesson[]>()
  return {
    async ask(target, body, send) {
      const key = `${target.provider},${target.model}`
      let lessons = learnt.get(key) ?? []
      for (let tries = 0; ; tries++) {
        const edited = applyLessons(body, lessons)
        try {
          return await send(edited, edited === body ? [] : lessons.map(lossOf))
        } catch (cause) {
          const lesson = cause instanceof ModelError && tries < MOST_LESSONS_A_CALL ? lessonOf(cause, edited) : undefined
          if (!lesson) throw cause
          lessons = [...lessons, lesson]
          ports.log('warn', `${target.provider} (${target.model}) refused a request: ${describeLesson(lesson).what}`, {
            answer: (cause as ModelError).message,
          })
          if (lesson.type !== 'forget-reasoning') learnt.set(key, [...(learnt.get(key) ?? []), lesson])
        }
      }
    },
  }
}

function lossOf(lesson: Lesson): Dropped {
  const { path, what } = describeLesson(lesson)
  return { path, why: `the provider refused it: ${what}` }
}
