import type { Random } from './random.ts'

/**
 * JSON text of `value` with a few of its nodes bent: wrong types, missing, renamed, repeated and moved keys, numbers and
 * texts that few expect. Mostly still valid JSON; `value` stays as it is.
 */
export function mutated(value: unknown, random: Random): string {
  const root = { value: structuredClone(value) }
  const count = 1 + random.below(5)
  for (let done = 0; done < count; done++) bend(root, random)
  return written(root.value, random)
}

/** The bytes of `text`, sometimes broken as no JSON writer breaks it: cut, overwritten, not UTF-8. */
export function corrupted(text: string, random: Random): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(new TextEncoder().encode(text))
  if (bytes.length === 0 || !random.chance(0.15)) return bytes
  if (random.chance(0.4)) return bytes.slice(0, random.below(bytes.length))
  const hits = 1 + random.below(4)
  for (let hit = 0; hit < hits; hit++) bytes[random.below(bytes.length)] = random.pick(ODD_BYTES)
  return bytes
}

type Holder = Record<string, unknown>
interface Place {
  readonly holder: Holder
  readonly key: string
}

const ODD_BYTES = [0x00, 0x0a, 0x22, 0x2c, 0x5b, 0x5c, 0x7b, 0x7d, 0x80, 0xc0, 0xed, 0xff]

/** Stand-ins for what a JSON writer cannot write; the text takes their place. */
const RAW: Readonly<Record<string, string>> = {
  '@@infinite@@': '1e400',
  '@@huge@@': '123456789012345678901234567890',
  '@@fraction@@': '1.0',
  '@@negative@@': '-0',
  '@@surrogate@@': '"\\ud83d"',
  '@@nul@@': '"\\u0000"',
  '@@deep-array@@': `${'['.repeat(400)}${']'.repeat(400)}`,
  '@@deep-object@@': `${'{"a":'.repeat(400)}1${'}'.repeat(400)}`,
  '@@too-deep@@': `${'['.repeat(6000)}${']'.repeat(6000)}`,
}

const ODD_KEYS = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'toJSON',
  'then',
  'length',
  '',
  '$ref',
  '\ud800',
]

const ODD_VALUES: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  0.5,
  2 ** 53,
  '',
  ' ',
  'text',
  'auto',
  '\ud800',
  '\udc00\ud800',
  '\u0000',
  '{}',
  '\u202e\ufeff',
  'x'.repeat(5000),
  [],
  {},
  [[]],
  [null],
  [{}],
  ['text'],
  { type: 'text' },
  { type: 'text', text: null },
  { type: 'image' },
  { type: 'image', source: 7 },
  { type: 'tool_use' },
  { type: 'tool_result', tool_use_id: 3, content: [[]] },
  { type: 'thinking' },
  { type: '__proto__' },
  { type: 'constructor' },
  { type: 'toString' },
  { role: 'user' },
  { role: 'constructor', content: 'x' },
  ...Object.keys(RAW),
]

// A copy: what is bent again must not bend the list.
const oddValue = (random: Random): unknown => structuredClone(random.pick(ODD_VALUES))

const BENDS: readonly ((place: Place, places: readonly Place[], random: Random) => void)[] = [
  ({ holder, key }, _, random) => void (holder[key] = oddValue(random)),
  ({ holder, key }, _, random) => void (holder[key] = oddValue(random)),
  ({ holder, key }) => (Array.isArray(holder) ? void holder.splice(Number(key), 1) : void delete holder[key]),
  ({ holder, key }) => void (holder[key] = [holder[key]]),
  ({ holder, key }) => void (holder[key] = { value: holder[key] }),
  ({ holder, key }) => void (holder[key] = JSON.stringify(holder[key]) ?? ''),
  ({ holder, key }) => void (holder[key] = String(holder[key])),
  ({ holder, key }, _, random) => {
    if (Array.isArray(holder)) holder.splice(random.below(holder.length + 1), 0, structuredClone(holder[Number(key)]))
    else holder[`@@again@@${key}`] = random.chance(0.5) ? structuredClone(holder[key]) : oddValue(random)
  },
  ({ holder, key }, places, random) => {
    const other = random.pick(places)
    holder[key] = structuredClone(other.holder[other.key])
  },
  ({ holder, key }, _, random) => {
    if (Array.isArray(holder)) return void holder.push(...holder.splice(0, holder.length - 1))
    const value = holder[key]
    delete holder[key]
    holder[`@@key@@${random.pick(ODD_KEYS)}`] = value
  },
]

function bend(root: Holder, random: Random): void {
  const places = placesIn(root)
  if (places.length === 0) return
  random.pick(BENDS)(random.pick(places), places, random)
}

/** Every value in the tree, by where it is kept. */
function placesIn(root: Holder): Place[] {
  const places: Place[] = []
  const open: unknown[] = [root]
  for (let holder = open.pop(); holder !== undefined; holder = open.pop()) {
    if (typeof holder !== 'object' || holder === null) continue
    for (const key of Object.keys(holder)) {
      places.push({ holder: holder as Holder, key })
      open.push((holder as Holder)[key])
    }
  }
  return places
}

function written(value: unknown, random: Random): string {
  const text = JSON.stringify(value) ?? ''
  const whole = text
    .replaceAll(/"@@(?:again|key)@@((?:[^"\\]|\\.)*)":/g, '"$1":')
    .replaceAll(/"(@@[a-z-]+@@)"/g, (quoted, name: string) => RAW[name] ?? quoted)
  return random.chance(0.02) ? `\ufeff \n${whole}` : whole
}
