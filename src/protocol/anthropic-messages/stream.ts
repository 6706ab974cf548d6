export { decodeStream } from './decode-stream.ts'
export { encodeStream } from './encode-stream.ts'
