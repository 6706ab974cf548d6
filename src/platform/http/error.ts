/** A server that does not keep to HTTP, or a connection that ended; `code` as the errors of sockets have it. */
export function httpError(message: string, code = 'HttpViolation'): Error {
  return Object.assign(new Error(message), { code })
}

/** The other side has closed a connection on which more was to come. */
export function closedError(): Error {
  return httpError('the connection was closed', 'ConnectionClosed')
}

/** A failure that is the proxy's, which `proxy` names without its user and password; the code is the cause's. */
export function proxyError(proxy: string, cause: unknown): Error {
  const { code, message } = cause as NodeJS.ErrnoException
  return Object.assign(httpError(message, code), { proxy: new URL(proxy).origin, cause })
}

/** Why a proxy that has answered does not pass the request on. */
export function proxyRefusal(status: number | undefined): Error {
  return httpError(`the proxy answered ${status}`, status === 407 ? 'ProxyAuthRequired' : 'ProxyRefused')
}
