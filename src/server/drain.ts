import type { Ports } from '../platform/ports.ts'

/** How long the errors of calls that were cut may take to leave, in milliseconds. */
const LEAVE_MS = 500
/** What a cut call still begins is cut in turn. */
const AGAIN_MS = 20

/** Waits for `drained`, for at most `graceMs`; then has the calls that still run told that they are cut. */
export async function drain(
  drained: Promise<void>,
  graceMs: number,
  cutAll: () => void,
  ports: Pick<Ports, 'now' | 'sleep'>,
): Promise<void> {
  let isDrained = false
  const patience = new AbortController()
  const noted = (): void => {
    isDrained = true
    patience.abort()
  }
  const end = drained.then(noted)
  await Promise.race([end, ports.sleep(graceMs, patience.signal)])
  const deadline = ports.now() + LEAVE_MS
  while (!isDrained && ports.now() < deadline) {
    cutAll()
    // oxlint-disable-next-line no-await-in-loop -- a moment after each
    await Promise.race([end, ports.sleep(AGAIN_MS, patience.signal)])
  }
}
