import { readFileSync } from 'node:fs'
import type { Json, JsonObject } from '../canonical/json.ts'
import { isObject } from '../canonical/json.ts'
import type { Provider } from '../provider/provider.ts'
import type { Problem } from './diagnostic.ts'
import { formOf } from './form.ts'
import type { Environment } from './interpolate.ts'
import type { PathStep } from './place.ts'

/**
 * `providers` with the certificates of the files that `CA_FILES` and their own `ca` name. `pathOf` gives the full path of
 * a file as it is written. A file that cannot be read, or holds no certificate, is told as an error.
 */
export function withAuthorities(
  providers: readonly Provider[],
  top: JsonObject,
  pathOf: (written: string) => string,
  problems: Problem[],
): readonly Provider[] {
  const read = (value: Json | undefined, path: readonly PathStep[]): string =>
    filesOf(value)
      .map((written) => readCertificates(pathOf(written), path, problems))
      .join('\n')
  const shared = read(top['CA_FILES'], ['CA_FILES'])
  const { list } = formOf(top)
  const entries = Array.isArray(top[list]) ? top[list] : []
  return providers.map((provider) => {
    const index = entries.findIndex((entry) => isObject(entry) && String(entry['name']).trim() === provider.name)
    const entry = entries[index]
    const own = isObject(entry) ? read(entry['ca'], [list, index, 'ca']) : ''
    const ca = `${shared}\n${own}`.trim()
    return ca === '' ? provider : { ...provider, ca }
  })
}

/** That the environment has certificates not checked at all, for any provider that shows one. */
export function checkTrust(providers: readonly Provider[], env: Environment): Problem[] {
  const isTold = providers.some(({ endpoints }) => endpoints.some(({ baseUrl }) => baseUrl.startsWith('https:')))
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0' || !isTold) return []
  return [
    {
      severity: 'warning',
      path: [],
      message:
        'NODE_TLS_REJECT_UNAUTHORIZED is 0 in the environment: no certificate is checked, so whoever stands in between can read your keys',
      suggestion: 'unset it, and name the certificates of your company in `CA_FILES`',
    },
  ]
}

/** The certificates of the files that `CA_FILES` names, for who is no provider; what is wrong with them `withAuthorities` tells. */
export function sharedAuthority(top: JsonObject, pathOf: (written: string) => string): { readonly ca?: string } {
  const texts = filesOf(top['CA_FILES']).map((written) => readCertificates(pathOf(written), ['CA_FILES'], []))
  const ca = texts.join('\n').trim()
  return ca === '' ? {} : { ca }
}

function filesOf(value: Json | undefined): string[] {
  const written = Array.isArray(value) ? value : [value]
  return written.flatMap((file) => (typeof file === 'string' && file.trim() !== '' ? [file.trim()] : []))
}

function readCertificates(file: string, path: readonly PathStep[], problems: Problem[]): string {
  const problem = (severity: Problem['severity'], message: string, suggestion?: string): void => {
    problems.push({ severity, path, message, ...(suggestion && { suggestion }) })
  }
  try {
    const bytes = readFileSync(file)
    // What else stands in the file (a private key, say) is not needed.
    const found =
      bytes.toString('latin1').match(/-----BEGIN (?:TRUSTED )?CERTIFICATE-----(?:(?!-----BEGIN)[^])*/g) ?? []
    const certificates = found.map(inPlainForm)
    const good = certificates.filter((certificate) => certificate !== undefined)
    if (good.length === 0 && found.length === 0) {
      const isBinary = bytes[0] === START_OF_DER
      const remedy = isBinary ? `convert it: \`openssl x509 -inform der -in ${file}\`` : undefined
      problem('error', `${file} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)`, remedy)
    } else if (good.length < found.length) {
      const which = found.length === 1 ? 'the certificate' : `certificate ${certificates.indexOf(undefined) + 1}`
      problem(good.length === 0 ? 'error' : 'warning', `${which} of ${file} is damaged or cut off, and cannot be used`)
    }
    return good.join('\n')
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? String(error)
    problem('error', `the certificates of ${file} cannot be read (${reason})`)
    return ''
  }
}

/** The first byte of what openssl calls DER. */
const START_OF_DER = 0x30

/**
 * A certificate as every program reads it; `undefined` if it is none. One that is damaged, given to a connection, would keep
 * all connections from being opened, and one in OpenSSL's own form would be passed over.
 */
function inPlainForm(pem: string): string | undefined {
  // Not imported: hardly anybody needs it.
  const { X509Certificate } = process.getBuiltinModule('node:crypto')
  try {
    return new X509Certificate(pem).toString().trim()
  } catch {
    return undefined
  }
}
