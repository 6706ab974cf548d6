import type { DialectMaker } from '../dialect.ts'
import { editBody } from './body.ts'
import { withoutCacheMarks } from './cache-marks.ts'

/** `cleancache`: no cache marks. */
export const cleancache: DialectMaker = () => ({
  request: editBody(withoutCacheMarks),
  traits: () => ({ cacheControl: false }),
})
