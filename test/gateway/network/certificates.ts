import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** An authority that nobody knows, and a certificate of it for a server. */
export interface Certificates extends AsyncDisposable {
  readonly directory: string
  /** The authority's certificate, a file. */
  readonly authority: string
  readonly cert: string
  readonly key: string
}

/** Makes them with openssl; `name` is the server's, as a certificate has it. */
export async function createCertificates(name = 'IP:127.0.0.1'): Promise<Certificates> {
  const directory = await mkdtemp(join(tmpdir(), 'ccr-certificates-'))
  const openssl = async (...args: string[]): Promise<void> => {
    const child = Bun.spawn(['openssl', ...args], { cwd: directory, stdout: 'ignore', stderr: 'pipe' })
    if ((await child.exited) !== 0) throw new Error(`openssl ${args[0]}: ${await new Response(child.stderr).text()}`)
  }
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  await openssl(
    'req',
    '-x509',
    ...key,
    '-days',
    '2',
    '-subj',
    '/CN=Test Authority',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  )
  await openssl('req', ...key, '-subj', '/CN=Test Server', '-keyout', 'server.key', '-out', 'server.csr')
  await writeFile(join(directory, 'names'), `subjectAltName=${name}`)
  await openssl(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'ca.pem',
    '-CAkey',
    'ca.key',
    '-days',
    '2',
    '-extfile',
    'names',
    '-out',
    'server.pem',
  )
  return {
    directory,
    authority: join(directory, 'ca.pem'),
    cert: await Bun.file(join(directory, 'server.pem')).text(),
    key: await Bun.file(join(directory, 'server.key')).text(),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  }
}
