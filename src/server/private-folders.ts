import { isLoopbackName } from './guard.ts'

/** Who can reach a server. */
export interface Reach {
  /** The address that is listened on. */
  readonly host: string
  /** Names by which it is called besides those of loopback: then something passes on what comes from elsewhere. */
  readonly allowedHosts: readonly string[]
}

/**
 * Takes `folders` out of errors, where others than the user of this machine may get them: they tell who that is and where
 * the config lies. `undefined`: nobody else gets any.
 */
export function hideFolders(
  folders: readonly string[],
  { host, allowedHosts }: Reach,
): ((response: Response) => Response | Promise<Response>) | undefined {
  const pattern = patternOf(folders)
  if (!pattern || (isLoopbackName(host) && allowedHosts.length === 0)) return undefined
  return (response) => (response.status < 400 ? response : withoutFolders(response, pattern))
}

async function withoutFolders(response: Response, pattern: RegExp): Promise<Response> {
  const { status, statusText } = response
  const headers = new Headers(response.headers)
  headers.delete('content-length')
  return new Response((await response.text()).replace(pattern, '…'), { status, statusText, headers })
}

/** Folders as they stand in JSON, where something in them is named; the innermost first. */
function patternOf(folders: readonly string[]): RegExp | undefined {
  const names = folders
    .map((folder) =>
      JSON.stringify(folder)
        .slice(1, -1)
        .replace(/[/\\]+$/, ''),
    )
    .filter((name) => name !== '')
    .toSorted((one, other) => other.length - one.length)
    .map((name) => RegExp.escape(name))
  return names.length === 0 ? undefined : new RegExp(`(?<![\\w/.~-])(?:${names.join('|')})(?=[/\\\\])`, 'g')
}
