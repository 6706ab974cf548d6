/** What is wrong with the ad-hoc code signature of a thin 64-bit Mach-O executable; empty if macOS would run it. */
export function signatureProblems(file: Uint8Array): string[] {
  const { signature, linkedit } = commandsOf(file)
  const directory = codeDirectory(file, signature)
  if (!directory) return ['there is no code directory']
  const linkeditEnd = linkedit.offset + linkedit.size
  const expected = Math.ceil(directory.codeLimit / directory.pageSize)
  const hashes = pageHashes(file.subarray(0, directory.codeLimit), directory.pageSize)
  const wrong = hashes.filter((hash, page) => !hash.equals(directory.hash(page))).length
  const checks: readonly (readonly [boolean, string])[] = [
    [directory.hashType === SHA256, `the hash type is ${directory.hashType}, not SHA-256`],
    [(directory.flags & ADHOC) !== 0, `the flags (0x${directory.flags.toString(16)}) do not say ad hoc`],
    [(directory.flags & HARDENED) === 0, 'the hardened runtime is asked for, which an ad-hoc signature cannot allow'],
    [directory.codeLimit === signature.offset, `${directory.codeLimit} bytes are signed, not ${signature.offset}`],
    [directory.slots === expected, `${directory.slots} pages are listed, not ${expected}`],
    [wrong === 0, `${wrong} of ${hashes.length} page hashes are wrong`],
    [signature.offset + signature.size === linkeditEnd, 'the signature does not end where __LINKEDIT ends'],
    [linkeditEnd === file.length, `__LINKEDIT ends at ${linkeditEnd}, the file at ${file.length}`],
  ]
  return checks.filter(([holds]) => !holds).map(([, problem]) => problem)
}

/** The executable with an ad-hoc signature in place of the one that it has. The form is what linkers write. */
export function signAdHoc(file: Uint8Array, identifier: string): Uint8Array {
  const { signature, linkedit, text } = commandsOf(file)
  const name = Buffer.from(`${identifier}\0`)
  const slots = Math.ceil(signature.offset / PAGE_SIZE)
  const hashOffset = HEADER_SIZE + name.length
  const length = hashOffset + slots * HASH_SIZE
  const size = align(BLOB_SIZE + length, 16)

  const signed = new Uint8Array(signature.offset + size)
  signed.set(file.subarray(0, signature.offset))
  const view = viewOf(signed)
  view.setUint32(signature.command + 12, size, true)
  // What lies in the header is hashed with the first page, so it has to be right before.
  const linkeditSize = signed.length - linkedit.offset
  view.setBigUint64(linkedit.command + 32, BigInt(align(linkeditSize, SEGMENT_ALIGNMENT)), true)
  view.setBigUint64(linkedit.command + 48, BigInt(linkeditSize), true)

  const words = (at: number, ...values: number[]): void =>
    values.forEach((value, index) => view.setUint32(at + 4 * index, value))
  words(signature.offset, SUPER_BLOB, BLOB_SIZE + length, 1, 0, BLOB_SIZE)
  const at = signature.offset + BLOB_SIZE
  words(at, CODE_DIRECTORY, length, VERSION, ADHOC | LINKER_SIGNED, hashOffset, HEADER_SIZE, 0, slots, signature.offset)
  signed.set([HASH_SIZE, SHA256, 0, Math.log2(PAGE_SIZE)], at + 36)
  view.setBigUint64(at + 64, BigInt(text.offset))
  view.setBigUint64(at + 72, BigInt(text.size))
  view.setBigUint64(at + 80, MAIN_BINARY)
  signed.set(name, at + HEADER_SIZE)
  pageHashes(signed.subarray(0, signature.offset), PAGE_SIZE).forEach((hash, page) =>
    signed.set(hash, at + hashOffset + page * HASH_SIZE),
  )
  return signed
}

// Numbers of Apple's <mach-o/loader.h> and <kern/cs_blobs.h>. The signature is big-endian, all else little-endian.
const MAGIC_64 = 0xfeedfacf
const LC_SEGMENT_64 = 0x19
const LC_CODE_SIGNATURE = 0x1d
const SUPER_BLOB = 0xfade0cc0
const CODE_DIRECTORY = 0xfade0c02
const VERSION = 0x20400
const ADHOC = 0x2
const LINKER_SIGNED = 0x20000
const HARDENED = 0x10000
const SHA256 = 2
const MAIN_BINARY = 1n
const HASH_SIZE = 32
const PAGE_SIZE = 4096
const SEGMENT_ALIGNMENT = 0x4000
/** A super blob with one entry, and a code directory up to its name. */
const BLOB_SIZE = 20
const HEADER_SIZE = 88

interface Command {
  /** Where the load command stands. */
  readonly command: number
  /** What it points at. */
  readonly offset: number
  readonly size: number
}

function commandsOf(file: Uint8Array): { signature: Command; linkedit: Command; text: Command } {
  const view = viewOf(file)
  if (file.length < 32 || view.getUint32(0, true) !== MAGIC_64) throw new Error('this is no thin 64-bit Mach-O file')
  const found = new Map<string, Command>()
  let command = 32
  for (let rest = view.getUint32(16, true); rest > 0; rest -= 1) {
    const kind = view.getUint32(command, true)
    if (kind === LC_SEGMENT_64) {
      const name = Buffer.from(file.subarray(command + 8, command + 24))
        .toString('latin1')
        .replaceAll('\0', '')
      const [offset, size] = [view.getBigUint64(command + 40, true), view.getBigUint64(command + 48, true)]
      found.set(name, { command, offset: Number(offset), size: Number(size) })
    }
    if (kind === LC_CODE_SIGNATURE) {
      const [offset, size] = [view.getUint32(command + 8, true), view.getUint32(command + 12, true)]
      found.set('signature', { command, offset, size })
    }
    command += view.getUint32(command + 4, true)
  }
  const named = (name: string): Command => {
    const one = found.get(name)
    if (!one) throw new Error(`the Mach-O file has no ${name}`)
    return one
  }
  return { signature: named('signature'), linkedit: named('__LINKEDIT'), text: named('__TEXT') }
}

interface CodeDirectory {
  readonly flags: number
  readonly slots: number
  readonly codeLimit: number
  readonly hashType: number
  readonly pageSize: number
  hash(page: number): Uint8Array
}

function codeDirectory(file: Uint8Array, { offset, size }: Command): CodeDirectory | undefined {
  const blob = viewOf(file.subarray(offset, offset + size))
  if (blob.byteLength < BLOB_SIZE || blob.getUint32(0) !== SUPER_BLOB || blob.getUint32(12) !== 0) return undefined
  const at = blob.getUint32(16)
  if (at + HEADER_SIZE > blob.byteLength || blob.getUint32(at) !== CODE_DIRECTORY) return undefined
  const hashes = offset + at + blob.getUint32(at + 16)
  return {
    flags: blob.getUint32(at + 12),
    slots: blob.getUint32(at + 28),
    codeLimit: blob.getUint32(at + 32),
    hashType: blob.getUint8(at + 37),
    pageSize: 2 ** blob.getUint8(at + 39),
    hash: (page) => file.subarray(hashes + page * HASH_SIZE, hashes + (page + 1) * HASH_SIZE),
  }
}

function pageHashes(code: Uint8Array, pageSize: number): Buffer[] {
  const pages = Math.ceil(code.length / pageSize)
  return Array.from({ length: pages }, (_, page) => {
    const hash = new Bun.CryptoHasher('sha256')
    return hash.update(code.subarray(page * pageSize, (page + 1) * pageSize)).digest()
  })
}

function align(size: number, to: number): number {
  return Math.ceil(size / to) * to
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
