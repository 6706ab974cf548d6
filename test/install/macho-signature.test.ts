import { expect, test } from 'bun:test'
import { signAdHoc, signatureProblems } from '../../.ci/macho-signature.ts'

const SIGNATURE = 3 * 4096 + 512

/** A Mach-O file of three segments and a bit, with room for a signature that is not one. */
function machO(): Uint8Array {
  const file = Buffer.alloc(SIGNATURE + 64, 0x90)
  file.fill(0, 0, 512)
  const numbers = (at: number, ...values: number[]): void =>
    values.forEach((value, index) => file.writeUInt32LE(value, at + 4 * index))
  const segment = (at: number, name: string, offset: number, size: number): void => {
    numbers(at, 0x19, 72)
    file.write(name, at + 8)
    for (const [place, value] of [offset, size, offset, size].entries())
      file.writeBigUInt64LE(BigInt(value), at + 24 + 8 * place)
  }
  numbers(0, 0xfeedfacf, 0x01000007, 3, 2, 3, 160)
  segment(32, '__TEXT', 0, 4096)
  segment(104, '__LINKEDIT', 8192, SIGNATURE + 64 - 8192)
  numbers(176, 0x1d, 16, SIGNATURE, 64)
  return file
}

test('a file that is signed ad hoc is right in every point', () => {
  const signed = signAdHoc(machO(), 'ccr')
  expect(signatureProblems(signed)).toEqual([])
  expect(Buffer.from(signed.subarray(512, SIGNATURE)).equals(machO().subarray(512, SIGNATURE))).toBe(true)
})

test('signing twice is signing once', () => {
  const once = signAdHoc(machO(), 'ccr')
  expect(Buffer.from(signAdHoc(once, 'ccr')).equals(once)).toBe(true)
})

test.each([
  ['a byte of the code', (file: Uint8Array) => file.fill(1, 5000, 5001), ['1 of 4 page hashes are wrong']],
  ['a byte of the last, short page', (file: Uint8Array) => file.fill(1, SIGNATURE - 1, SIGNATURE), ['1 of 4 page']],
  ['a load command', (file: Uint8Array) => file.fill(1, 300, 301), ['1 of 4 page hashes are wrong']],
  ['the flags', (file: Uint8Array) => file.fill(1, SIGNATURE + 32, SIGNATURE + 36), ['do not say ad hoc', 'hardened']],
  ['the code limit', (file: Uint8Array) => file.fill(0, SIGNATURE + 54, SIGNATURE + 55), ['bytes are signed, not']],
  ['the magic number', (file: Uint8Array) => file.fill(0, SIGNATURE, SIGNATURE + 4), ['there is no code directory']],
  ['what follows it', (file: Uint8Array) => Buffer.concat([file, Buffer.alloc(1)]), ['__LINKEDIT ends at']],
  ['its own end', (file: Uint8Array) => file.subarray(0, -1), ['__LINKEDIT ends at']],
])('a signature does not survive a change of %s', (_name, change, problems) => {
  const found = signatureProblems(change(signAdHoc(machO(), 'ccr'))).join('; ')
  for (const problem of problems) expect(found).toContain(problem)
})

test.each([
  ['an ELF file', Buffer.from(`\u007fELF${'\0'.repeat(100)}`)],
  ['nothing', new Uint8Array()],
])('%s is not signed', (_name, file) => {
  expect(() => signAdHoc(file, 'ccr')).toThrow('no thin 64-bit Mach-O file')
})
