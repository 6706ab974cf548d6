/** Who may talk to the server at all, whatever they ask for. */
export interface Guard {
  /** Why the request is refused; `undefined` if it is not. */
  (request: Request): string | undefined
}

/**
 * A page that some site shows may send requests to this machine: by a foreign `Origin`, or by a name of its own that
 * it lets point to loopback. So `Host` must name this machine, and an `Origin`, if there is one, must be this server.
 * A server that listens beyond loopback has many names, and a key: there only `Origin` is looked at.
 */
export function createGuard(host: string, port: number): Guard {
  const isLocal = isLoopbackName(host)
  return (request) => {
    const named = request.headers.get('host')
    if (isLocal && !(named && isLoopbackName(nameOf(named)))) {
      return 'the Host header does not name this machine: use 127.0.0.1 or localhost'
    }
    const origin = request.headers.get('origin')
    if (origin !== null && !isOwnOrigin(origin, named, port)) return 'pages of other sites may not use this router'
    return undefined
  }
}

/** Whether a host name or address is this machine's loopback. */
export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name === '::1' || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name)
}

function nameOf(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase()
}

function isOwnOrigin(origin: string, host: string | null, port: number): boolean {
  if (origin === `http://${host}`) return true
  const match = /^https?:\/\/(.+?)(?::(\d+))?$/.exec(origin)
  return match !== null && isLoopbackName(match[1] as string) && Number(match[2]) === port
}
