import type { JsonObject } from '../canonical/json.ts'
import type { Routes } from '../router/route.ts'
import { readFallbacks, readOverflow } from './fallback.ts'
import { readGroups } from './groups.ts'
import { readProfiles } from './profiles.ts'
import { readRules } from './rules.ts'
import type { TargetReading } from './target.ts'

/** What a config says of routes besides its `Router`: rules, groups, further targets, profiles. */
export function readFurtherRoutes(
  top: JsonObject,
  reading: TargetReading,
): Pick<Routes, 'fallbacks' | 'overflow' | 'rules' | 'groups' | 'profiles'> {
  const groups = readGroups(top['groups'], reading)
  const rules = readRules(top['rules'], ['rules'], { ...reading, groups })
  const profiles = readProfiles(top['profiles'], { ...reading, groups })
  const fallbacks = readFallbacks(top['fallback'], ['fallback'], reading)
  const overflow = readOverflow(top['fallback'], ['fallback'], reading)
  return {
    ...(Object.keys(fallbacks).length > 0 && { fallbacks }),
    ...(overflow.length > 0 && { overflow }),
    ...(rules.length > 0 && { rules }),
    ...(groups.size > 0 && { groups }),
    ...(profiles.length > 0 && { profiles }),
  }
}
