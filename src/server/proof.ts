/** What a holder of the user's secret says; the port and the instance keep it from being passed on to another server. */
export interface Statement {
  /** `here`: the server says who it is. The others: the user asks something of it. */
  readonly role: 'here' | 'describe' | 'stop'
  readonly nonce: string
  readonly port: number
  readonly instance: string
}

/** Proves that whoever makes `statement` holds `secret`, without telling it. */
export function prove(secret: string, { role, nonce, port, instance }: Statement): string {
  return hmac(secret, `${role}\n${nonce}\n${port}\n${instance}`)
}

/** Whether `proof` proves `statement`. Takes as long for a near miss as for any other. */
export function isProven(secret: string, statement: Statement, proof: string): boolean {
  const wanted = prove(secret, statement)
  let difference = wanted.length ^ proof.length
  for (let index = 0; index < wanted.length; index++) {
    difference |= wanted.charCodeAt(index) ^ (proof.charCodeAt(index) || 0)
  }
  return difference === 0
}

/** HMAC-SHA256 in hexadecimal. */
export function hmac(secret: string, text: string): string {
  return new Bun.CryptoHasher('sha256', secret).update(text).digest('hex')
}

/** A text that nobody can guess, of characters that may stand anywhere. */
export function randomText(bytes = 24): string {
  return crypto.getRandomValues(new Uint8Array(bytes)).toBase64({ alphabet: 'base64url', omitPadding: true })
}
