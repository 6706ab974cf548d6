import type { Problem } from './diagnostic.ts'
import type { Environment } from './interpolate.ts'

/** What is wrong with `SERVICE_PORT`, which goes before `PORT` of the file: nothing, or the one thing. */
export function checkServicePort(env: Environment): Problem[] {
  const written = env['SERVICE_PORT']?.trim() ?? ''
  if (written === '' || (/^\d+$/.test(written) && Number(written) <= 65_535)) return []
  return [
    {
      severity: 'error',
      path: [],
      message: `the environment's SERVICE_PORT: expected a port number from 0 to 65535, found \`${written.slice(0, 40)}\``,
      suggestion: 'correct or unset it',
    },
  ]
}
