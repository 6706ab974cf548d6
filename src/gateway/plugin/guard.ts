import { ModelError } from '../../canonical/error.ts'
import type { Dialect, DialectMaker } from '../../provider/dialect.ts'
import type { Middleware } from '../call.ts'
import { detailsOf, wordsOf } from './hook.ts'

/** `middleware` of a plugin, whose errors name it. */
export function namedMiddleware(plugin: string, middleware: Middleware): Middleware {
  return async (call, next) => {
    try {
      return await middleware(call, next)
    } catch (cause) {
      throw failure(plugin, 'its middleware', cause)
    }
  }
}

/** A dialect of a plugin, whose errors name it. */
export function namedDialect(plugin: string, dialect: string, make: DialectMaker): DialectMaker {
  return (options) => {
    const made = make(options)
    const { request, reply, frames, traits } = made
    const named = <Args extends unknown[], Given>(part: string, run: (...args: Args) => Given) => {
      return (...args: Args): Given => {
        try {
          return run.apply(made, args)
        } catch (cause) {
          throw failure(plugin, `\`${part}\` of its dialect ${dialect}`, cause)
        }
      }
    }
    return {
      ...(request && { request: named('request', request) }),
      ...(reply && { reply: named('reply', reply) }),
      ...(traits && { traits: named('traits', traits) }),
      ...(frames && { frames: named('frames', () => namedFrames(frames.call(made), named)) }),
    }
  }
}

type Frames = ReturnType<NonNullable<Dialect['frames']>>
type Named = <Args extends unknown[], Given>(part: string, run: (...args: Args) => Given) => (...args: Args) => Given

function namedFrames(step: Frames, named: Named): Frames {
  return { push: named('frames', (frame) => step.push(frame)), end: named('frames', () => step.end()) }
}

function failure(plugin: string, where: string, cause: unknown): ModelError {
  if (cause instanceof ModelError) return cause
  return new ModelError(`the plugin ${plugin} failed in ${where}: ${wordsOf(cause)}`, detailsOf(cause))
}
