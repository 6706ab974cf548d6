/** What a browser asks before it lets a page of an allowed origin send what pages may not send unasked. */
export function isPreflight({ method, headers }: Request): boolean {
  return method === 'OPTIONS' && headers.has('access-control-request-method')
}

/** The answer to a preflight of an allowed origin. */
export function preflightResponse(origin: string, { headers }: Request): Response {
  const asked = headers.get('access-control-request-headers')
  const isPrivate = headers.get('access-control-request-private-network') === 'true'
  return new Response(null, {
    status: 204,
    headers: {
      ...corsHeaders(origin),
      'access-control-allow-methods': 'GET, POST',
      'access-control-max-age': '600',
      ...(asked !== null && { 'access-control-allow-headers': asked }),
      ...(isPrivate && { 'access-control-allow-private-network': 'true' }),
    },
  })
}

/** `response`, readable for a page of `origin`. */
export function withCors(response: Response, origin: string): Response {
  const headers = new Headers(response.headers)
  for (const [name, value] of Object.entries(corsHeaders(origin))) headers.set(name, value)
  return new Response(response.body, { status: response.status, headers })
}

// Without credentials: a page has no cookie of ours, and sends the client key itself.
function corsHeaders(origin: string): Record<string, string> {
  return { 'access-control-allow-origin': origin, 'access-control-expose-headers': '*', vary: 'origin' }
}
