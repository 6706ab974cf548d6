import type { Json } from '../canonical/json.ts'
import type { Problem } from './diagnostic.ts'

/** `ALLOWED_HOSTS`: names, with or without a port; `.example` for all below it. */
export function readAllowedHosts(value: Json | undefined, problems: Problem[]): string[] {
  const entries = listOf(value).map((entry) => entry.replace(/\.(?=(?::\d+)?$)/, ''))
  return entries.filter((entry) => {
    if (/^(?:\*|\*?\.?[\w-]+(?:\.[\w-]+)*\.?(?::\d+)?|\[[\da-f:.]+\](?::\d+)?)$/i.test(entry)) return true
    const host = URL.parse(entry)?.host
    refuse('ALLOWED_HOSTS', `${entry} is no host name`, host ? `write \`${host}\`` : undefined, problems)
    return false
  })
}

/** `ALLOWED_ORIGINS`: scheme, host and port of pages, as browsers send them. */
export function readAllowedOrigins(value: Json | undefined, problems: Problem[]): string[] {
  return listOf(value)
    .map((entry) => entry.replace(/\/$/, '').replace(USUAL_PORT, '$1'))
    .filter((entry) => {
      if (/^[a-z][a-z\d+.-]*:\/\/[\w*.-]+(?::\d+)?$/i.test(entry)) return true
      const remedy =
        entry === '*' ? 'name the sites: every page on the web could use your keys' : `write \`https://${entry}\``
      refuse('ALLOWED_ORIGINS', `${entry} is no origin, which is scheme, host and port`, remedy, problems)
      return false
    })
}

/** Browsers leave it out. */
const USUAL_PORT = /^(http:.*(?=:80$)|https:.*(?=:443$)):\d+$/i

function listOf(value: Json | undefined): string[] {
  const entries = Array.isArray(value) ? value : typeof value === 'string' ? value.split(',') : []
  return entries.flatMap((entry) => (typeof entry === 'string' ? entry.trim() || [] : []))
}

function refuse(key: string, problem: string, suggestion: string | undefined, problems: Problem[]): void {
  problems.push({
    severity: 'error',
    path: [key],
    message: `\`${key}\`: ${problem}`,
    ...(suggestion && { suggestion }),
  })
}
