import { readFileSync } from 'node:fs'
import type { Json, JsonObject } from '../canonical/json.ts'
import { isObject } from '../canonical/json.ts'
import type { Provider } from '../provider/provider.ts'
import type { Problem } from './diagnostic.ts'
import { formOf } from './form.ts'
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
  const problem = (message: string, suggestion?: string): string => {
    problems.push({ severity: 'error', path, message, ...(suggestion && { suggestion }) })
    return ''
  }
  try {
    const text = readFileSync(file, 'utf8')
    // What else stands in the file (a private key, say) is not needed.
    const certificates = text.match(
      /-----BEGIN (?:TRUSTED )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED )?CERTIFICATE-----/g,
    )
    if (certificates) return certificates.join('\n')
    return problem(
      `${file} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)`,
      `convert it: \`openssl x509 -inform der -in ${file}\``,
    )
  } catch (error) {
    return problem(
      `the certificates of ${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`,
    )
  }
}
