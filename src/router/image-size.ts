/** Width and height in pixels. */
export interface ImageSize {
  readonly width: number
  readonly height: number
}

/** The size of a PNG, GIF, WebP or JPEG from its first bytes; `undefined` where they do not say. */
export function imageSizeOf(base64: string): ImageSize | undefined {
  const bytes = firstBytes(base64)
  if (!bytes) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  try {
    const size = sizeOf(view)
    return size && size.width > 0 && size.height > 0 ? size : undefined
  } catch (error) {
    // The header ends before the size: a cut image has no size.
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/** Enough for a JPEG with a colour profile and a preview before its frame header. */
const headLength = 64 * 1024

function firstBytes(base64: string): Uint8Array | undefined {
  const head = base64.slice(0, headLength)
  const whole = head.slice(0, head.length - (head.length % 4))
  try {
    return Uint8Array.from(atob(whole), (character) => character.charCodeAt(0))
  } catch {
    // Not base64: the provider will say so; here it has no size.
    return undefined
  }
}

function sizeOf(view: DataView): ImageSize | undefined {
  const start = view.getUint32(0)
  if (start === 0x89504e47) return { width: view.getUint32(16), height: view.getUint32(20) }
  if (start === 0x47494638) return { width: view.getUint16(6, true), height: view.getUint16(8, true) }
  if (start === 0x52494646 && view.getUint32(8) === 0x57454250) return webpSize(view)
  return start >>> 16 === 0xffd8 ? jpegSize(view) : undefined
}

function webpSize(view: DataView): ImageSize | undefined {
  switch (view.getUint32(12)) {
    case 0x56503820: // 'VP8 '
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff }
    case 0x5650384c: {
      // 'VP8L'
      const bits = view.getUint32(21, true)
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
    }
    case 0x56503858: // 'VP8X'
      return { width: 1 + uint24(view, 24), height: 1 + uint24(view, 27) }
    default:
      return undefined
  }
}

function uint24(view: DataView, offset: number): number {
  return view.getUint16(offset, true) | (view.getUint8(offset + 2) << 16)
}

function jpegSize(view: DataView): ImageSize | undefined {
  let offset = 2
  while (offset < view.byteLength) {
    if (view.getUint8(offset) !== 0xff) return undefined
    const marker = view.getUint8(offset + 1)
    if (isFrameHeader(marker)) return { width: view.getUint16(offset + 7), height: view.getUint16(offset + 5) }
    offset += 2 + view.getUint16(offset + 2)
  }
  return undefined
}

/** SOF0 to SOF15, which hold the size; not the tables that share their range (DHT, JPG, DAC). */
function isFrameHeader(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}
