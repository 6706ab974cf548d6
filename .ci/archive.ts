/** A file in an archive. */
export interface Entry {
  readonly name: string
  readonly bytes: Uint8Array
  readonly isExecutable?: boolean
}

/** A compressed tar archive. The same entries give the same bytes: no time, user or machine is in it. */
export function tarGz(entries: readonly Entry[]): Uint8Array<ArrayBuffer> {
  const blocks = entries.flatMap((entry) => [
    tarHeader(entry),
    entry.bytes,
    new Uint8Array(-entry.bytes.length & (BLOCK - 1)),
  ])
  return Bun.gzipSync(Buffer.concat([...blocks, new Uint8Array(2 * BLOCK)]), COMPRESSION)
}

/** A zip archive, as reproducible as the other. */
export function zip(entries: readonly Entry[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = []
  const directory: Uint8Array[] = []
  let offset = 0
  for (const entry of entries) {
    const packed = Bun.deflateSync(new Uint8Array(entry.bytes), COMPRESSION)
    const name = Buffer.from(entry.name)
    // Version 2.0, names in UTF-8, deflate, 1980-01-01 (the oldest that zip can say), checksum, sizes, length of the name.
    const facts = [
      ...little(2, 20, 0x800, 8, 0, 0x21),
      ...little(4, Bun.hash.crc32(entry.bytes), packed.length, entry.bytes.length),
      ...little(2, name.length, 0),
    ]
    const local = Buffer.concat([new Uint8Array([...little(4, 0x04034b50), ...facts]), name, packed])
    // Made by Unix, so that the mode is read; no comment, first disk, binary.
    const mode = (entry.isExecutable ? 0o100755 : 0o100644) << 16
    directory.push(
      new Uint8Array([...little(4, 0x02014b50), ...little(2, 0x0314), ...facts]),
      new Uint8Array([...little(2, 0, 0, 0), ...little(4, mode, offset)]),
      name,
    )
    parts.push(local)
    offset += local.length
  }
  const listed = Buffer.concat(directory)
  const end = [
    ...little(4, 0x06054b50),
    ...little(2, 0, 0, entries.length, entries.length),
    ...little(4, listed.length, offset),
    ...little(2, 0),
  ]
  return new Uint8Array(Buffer.concat([...parts, listed, new Uint8Array(end)]))
}

const BLOCK = 512
const COMPRESSION = { library: 'libdeflate', level: 9 } as const

/** A header of POSIX ustar: https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html */
function tarHeader({ name, bytes, isExecutable }: Entry): Uint8Array {
  const header = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, length: number): number =>
    header.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at)
  header.write(name, 0)
  octal(isExecutable ? 0o755 : 0o644, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(bytes.length, 124, 12)
  octal(0, 136, 12)
  // The checksum counts its own field as spaces.
  header.fill(' ', 148, 156)
  header.write('0', 156)
  header.write('ustar\u000000', 257)
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  )
  return header
}

/** The values as little-endian numbers of so many bytes. */
function little(width: 2 | 4, ...values: number[]): number[] {
  return values.flatMap((value) => Array.from({ length: width }, (_, byte) => (value >>> (8 * byte)) & 0xff))
}
