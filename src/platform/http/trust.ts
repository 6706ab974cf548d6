import { getCACertificates } from 'node:tls'

/** Whom the machine trusts, which on Linux a process may be told by `SSL_CERT_FILE`, and the authorities of `ca` (PEM). */
export function trustedWith(ca: string | undefined): string[] {
  const system = process.platform === 'linux' ? getCACertificates('system') : []
  return [...new Set([...getCACertificates('default'), ...system]), ...(ca === undefined ? [] : [ca])]
}
