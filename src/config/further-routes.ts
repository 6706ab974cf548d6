import type { JsonObject } from '../canonical/json.ts'
import type { Routes } from '../router/route.ts'
import { readFallbacks, readOverflow } from './fallback.ts'
import type { GroupReading } from './groups.ts'
import { readProfiles } from './profiles.ts'
import { readRules } from './rules.ts'

/** What a config says of routes besides its `Router`: rules, groups, further targets, profiles. */
export function readFurtherRoutes(
  top: JsonObject,
  reading: GroupReading,
): Pick<Routes, 'fallbacks' | 'overflow' | 'rules' | 'groups' | 'profiles'> {
  const { groups } = reading
  const rules = readRules(top['rules'], ['rules'], reading)
  const profiles = readProfiles(top['profiles'], reading)
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
