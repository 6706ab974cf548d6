import { accessSync, closeSync, constants, mkdirSync, openSync, readFileSync, readSync } from 'node:fs'
import type { Config } from '../config/config.ts'
import { isLoopback } from '../config/proxy.ts'
import { Failure } from './failure.ts'

/** Throws a `Failure` if a variable names a file of certificates that cannot be used: Bun would go on without them. */
export function checkCertificates(env: Readonly<Record<string, string | undefined>>): void {
  for (const name of ['NODE_EXTRA_CA_CERTS', 'SSL_CERT_FILE']) {
    const file = env[name]
    const problem = file ? certificateProblem(file) : undefined
    if (problem !== undefined)
      throw new Failure(`ccr: ${name} names ${file}, but ${problem}. Correct the variable, or unset it`)
  }
}

function certificateProblem(file: string): string | undefined {
  try {
    // The lists of whole systems are long, and their first certificate says enough.
    const isList = CERTIFICATE.test(startOf(file)) || CERTIFICATE.test(readFileSync(file, 'latin1'))
    return isList ? undefined : 'it holds no certificate (PEM is expected: -----BEGIN CERTIFICATE-----)'
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException
    return code === 'ENOENT' ? 'there is no such file' : `it cannot be read (${code})`
  }
}

const CERTIFICATE = /-----BEGIN (?:\w+ )?CERTIFICATE-----[^-]+-----END /
const START_BYTES = 16_384

function startOf(file: string): string {
  const bytes = Buffer.alloc(START_BYTES)
  const descriptor = openSync(file, 'r')
  try {
    return bytes.toString('latin1', 0, readSync(descriptor, bytes))
  } finally {
    closeSync(descriptor)
  }
}

/** Why no log can be written to `directory`, which is made if it is not there. */
export function logProblem(directory: string): string | undefined {
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 })
    accessSync(directory, constants.W_OK)
    return undefined
  } catch (error) {
    return `no log is written: ${directory} cannot be written to (${(error as NodeJS.ErrnoException).code ?? error})`
  }
}

/** Why `config` may not be served on `host`: whoever reached it could use the user's keys. */
export function exposureProblem(host: string, { apiKey, clientKeys, file }: Config): string | undefined {
  if (isLoopback(host) || apiKey !== undefined || clientKeys) return undefined
  return `ccr: --host ${host} would let other machines use your providers without a key. Set APIKEY in ${file}, or listen on 127.0.0.1`
}
