import { authorise, mayUse } from '../client-key.ts'
import type { Middleware } from '../call.ts'

/** Refuses a call whose key does not allow the target that the rules chose; of those after it only allowed ones are kept. */
export const authoriseRoute: Middleware = async (call, next) => {
  const { clientKey, target, fallbacks, imageTargets } = call
  if (!clientKey?.models || !target) return next(call)
  authorise(clientKey, target)
  const { fallbacks: _fallbacks, imageTargets: _imageTargets, ...rest } = call
  const allowed = fallbacks?.filter((each) => mayUse(clientKey, each)) ?? []
  const seeing = imageTargets?.filter((each) => mayUse(clientKey, each)) ?? []
  return next({
    ...rest,
    ...(allowed.length > 0 && { fallbacks: allowed }),
    ...(seeing.length > 0 && { imageTargets: seeing }),
  })
}

/** The same for each target that is really asked: a chain may grow on the way. */
export const authoriseTarget: Middleware = async (call, next) => {
  if (call.clientKey && call.target) authorise(call.clientKey, call.target)
  return next(call)
}
