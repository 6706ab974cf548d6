import type { ProtocolId } from '../../canonical/native.ts'

/** What a client wants of an answer that its provider keeps. */
export interface KeptOperation {
  readonly type: 'kept'
  readonly protocol: ProtocolId
  readonly path: string
  readonly id: string
  /** The methods that this path has. */
  readonly methods: readonly string[]
}

/** The operation of a path below `/responses/`, if it is one. */
export function keptOperation(path: string): KeptOperation | undefined {
  const [, id, action = ''] = KEPT.exec(path) ?? []
  const methods = id === undefined || !Object.hasOwn(METHODS, action) ? undefined : METHODS[action]
  return id === undefined || !methods ? undefined : { type: 'kept', protocol: 'openai-responses', path, id, methods }
}

const KEPT = /^\/responses\/([A-Za-z0-9._-]{1,256})(?:\/([a-z_]+))?$/

const METHODS: Readonly<Record<string, readonly string[]>> = {
  '': ['GET', 'DELETE'],
  input_items: ['GET'],
  cancel: ['POST'],
}
