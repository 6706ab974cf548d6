import { ModelError } from '../canonical/error.ts'
import type { Ports } from '../platform/ports.ts'
import type { Dropped, Traits } from '../protocol/protocol.ts'
import { describeLesson, lessonOf, type Lesson, type Lessoned } from '../provider/lesson.ts'
import { nameOfTarget } from '../router/model-name.ts'
import type { RouteTarget } from '../router/route.ts'
import type { Learnt } from './learnt.ts'

/** Remembers what models refused, so that each refusal costs one call only once. */
export interface School {
  /** What a target has taught so far. */
  lessonsOf(target: RouteTarget): readonly Lesson[]
  /**
   * Learns from a refusal of `asked`, to which `lessons` were applied, and warns once. Gives the lessons for asking again;
   * nothing where that would not help. Every lesson takes something out, so this ends.
   */
  learn(cause: unknown, target: RouteTarget, asked: Lessoned, lessons: readonly Lesson[]): readonly Lesson[] | undefined
}

/** A refusal names one field at a time: a request with a handful of new ones must still get through. */
export const MOST_LESSONS_A_CALL = 8

const OF_ONE_CALL: ReadonlySet<Lesson['type']> = new Set(['forget-reasoning', 'stop-thinking'])

function isLasting(lesson: Lesson): boolean {
  return !OF_ONE_CALL.has(lesson.type) && !(lesson.type === 'limit' && lesson.ofThisCall)
}

export function createSchool(ports: Pick<Ports, 'log'>, learnt: Learnt): School {
  const lessonsOf = (target: RouteTarget): readonly Lesson[] => {
    const { lessons } = learnt.of(target.provider)
    return lessons.isEmpty() ? NONE : (lessons.get(nameOfTarget(target)) ?? NONE)
  }
  return {
    lessonsOf,
    learn(cause, target, asked, lessons) {
      const lesson = cause instanceof ModelError ? lessonOf(cause, asked) : undefined
      if (!lesson) return undefined
      ports.log('warn', `${target.provider} (${target.model}) refused a request: ${describeLesson(lesson).what}`, {
        answer: (cause as ModelError).message,
      })
      if (isLasting(lesson))
        learnt.of(target.provider).lessons.set(nameOfTarget(target), [...lessonsOf(target), lesson])
      return [...lessons, lesson]
    },
  }
}

const NONE: readonly Lesson[] = []

/** What lessons say of the target's traits; nothing if they say nothing of them. */
export function traitsOf(lessons: readonly Lesson[]): Traits | undefined {
  if (lessons.length === 0) return undefined
  const traits = lessons.flatMap((lesson) => (lesson.type === 'trait' ? lesson.traits : []))
  return traits.length > 0 ? Object.assign({}, ...traits) : undefined
}

/** What a lesson takes. */
export function lossOf(lesson: Lesson): Dropped {
  const { path, what } = describeLesson(lesson)
  return { path, why: `the provider refused it: ${what}` }
}
