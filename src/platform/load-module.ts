import { statSync } from 'node:fs'
import { dirname } from 'node:path'

/** Loads modules of the user: what the module exports. Rejects with what it threw, or why it cannot be found. */
export type LoadModule = (file: string) => Promise<unknown>

/** How long a module may take to load: one that waits for ever must not hold up the start. */
const LONGEST_LOAD_MS = 15_000

/**
 * A loader of `.js`, `.cjs`, `.mjs` and `.ts` files with the packages beside them; a file that has changed is loaded
 * anew. Bun's resolver looks at the directory of the process when it first resolves something. Users start the
 * executable inside cloned repositories, whose package.json is none of our business: so the process stands in the
 * module's own directory while it loads.
 */
export function createModuleLoader(): LoadModule {
  const stamps = new Map<string, number>()
  let queue: Promise<unknown> = Promise.resolve()
  const load = async (written: string): Promise<unknown> => {
    const file = resolved(written)
    const stamp = statSync(file).mtimeMs
    if ((stamps.get(file) ?? stamp) !== stamp) delete require.cache[file]
    stamps.set(file, stamp)
    return inDirectory(dirname(file), () => inTime(import(file) as Promise<unknown>))
  }
  return (file) => {
    const loaded = queue.then(() => load(file))
    // One that fails holds up no other.
    queue = loaded.catch(() => undefined)
    return loaded
  }
}

/** As `require` did, a path may leave out the ending, or name a folder with an index. */
function resolved(written: string): string {
  const candidates = ['', ...ENDINGS, ...ENDINGS.map((ending) => `/index${ending}`)].map((ending) => written + ending)
  const file = candidates.find((candidate) => statSync(candidate, { throwIfNoEntry: false })?.isFile())
  if (file === undefined) throw new Error('there is no such file')
  return file
}

const ENDINGS = ['.js', '.cjs', '.mjs', '.ts']

async function inDirectory<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const before = process.cwd()
  process.chdir(directory)
  try {
    return await work()
  } finally {
    process.chdir(before)
  }
}

async function inTime<T>(loading: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => late.reject(new Error(`it did not load within ${LONGEST_LOAD_MS / 1000} s`)),
    LONGEST_LOAD_MS,
  )
  try {
    return await Promise.race([loading, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
