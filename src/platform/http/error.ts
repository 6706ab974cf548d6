/** A server that does not keep to HTTP, or a connection that ended; `code` as the errors of sockets have it. */
export function httpError(message: string, code?: string): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code })
}

/** The other side has closed a connection on which more was to come. */
export function closedError(): Error {
  return httpError('the connection was closed', 'ConnectionClosed')
}
