import { readFileSync } from 'node:fs'
import { asString, isObject, type Json } from '../canonical/json.ts'
import { PROJECT_OF_CREDENTIALS } from '../provider/catalog/clouds.ts'
import type { Environment } from './interpolate.ts'

/**
 * The environment with the project of the credentials file, where a provider of Google's cloud is configured: it counts
 * if nothing else names one. A file that cannot be read says nothing: the call that needs it will tell.
 */
export function withGoogleProject(written: Json, env: Environment): Environment {
  const top = isObject(written) ? written : {}
  const file = asString(top['GOOGLE_APPLICATION_CREDENTIALS'])?.trim() || env['GOOGLE_APPLICATION_CREDENTIALS']?.trim()
  if (!file || !/vertex/i.test(JSON.stringify(top['Providers'] ?? top['providers'] ?? ''))) return env
  const project = projectIn(file)
  return project === undefined ? env : { ...env, [PROJECT_OF_CREDENTIALS]: project }
}

function projectIn(file: string): string | undefined {
  try {
    const value = JSON.parse(readFileSync(file, 'utf8')) as Json
    return isObject(value) ? asString(value['project_id'])?.trim() : undefined
  } catch {
    return undefined
  }
}
