import { constants } from 'node:os'
import { resolve } from 'node:path'
import { detachedEnvironment, ownCommand } from './own-process.ts'
import { openOutput, type Output } from './detached-output.ts'
import { type StartOptions, writeStartOptions } from './start-options.ts'

/** A service that takes longer than this to listen or to fail is taken for stuck. */
const PATIENCE_MS = 10_000
const LOOK_MS = 10

/** Starts a service in the background and waits until it listens, or tells what it said when it failed. Gives the exit code. */
export async function startDetached(options: StartOptions): Promise<number> {
  const output = openOutput()
  const child = spawn(options, output)
  const interrupted = killWhenInterrupted(child)
  try {
    const outcome = await listens(child, output)
    const said = output.read().trim()
    if (outcome === 'listens') {
      console.log(`${said}\npid ${child.pid}, in the background: \`ccr status\`, \`ccr stop\``)
      output.keep(child.pid)
      child.unref()
      return 0
    }
    if (said !== '') console.error(said)
    if (outcome === 'stuck')
      console.error(`ccr: the service did not listen within ${PATIENCE_MS / 1000} s, and was ended`)
    else if (said === '') console.error(`ccr: the service ended at once, ${howItEnded(child)}`)
    output.remove()
    return child.exitCode || 1
  } finally {
    interrupted.forget()
  }
}

type Outcome = 'listens' | 'ended' | 'stuck'

async function listens(child: Bun.Subprocess, output: Output): Promise<Outcome> {
  const deadline = performance.now() + PATIENCE_MS
  while (performance.now() < deadline) {
    const isOver = child.exitCode !== null || child.signalCode !== null
    if (isOver) return 'ended'
    if (/^ccr \S+ serves http.*\n/m.test(output.read())) return 'listens'
    await Promise.race([child.exited, Bun.sleep(LOOK_MS)])
  }
  child.kill('SIGKILL')
  await child.exited
  return 'stuck'
}

function spawn(options: StartOptions, { descriptor }: Output): Bun.Subprocess {
  return Bun.spawn([...ownCommand(), 'start', ...writeStartOptions(options)], {
    // So that no folder is kept from being removed or unmounted.
    cwd: resolve('/'),
    env: withFullPaths(detachedEnvironment(process.env)),
    stdio: ['ignore', descriptor, descriptor],
    detached: true,
    windowsHide: true,
  })
}

/** A half-started service is not left behind by Ctrl+C. */
function killWhenInterrupted(child: Bun.Subprocess): { forget(): void } {
  const handlers = (['SIGINT', 'SIGTERM'] as const).map((signal) => ({
    signal,
    handler: () => {
      child.kill('SIGKILL')
      process.exit(128 + constants.signals[signal])
    },
  }))
  for (const { signal, handler } of handlers) process.on(signal, handler)
  return { forget: () => handlers.forEach(({ signal, handler }) => process.off(signal, handler)) }
}

/** Variables that name files: the service runs in another folder. */
const paths = [
  'HOME',
  'CCR_HOME',
  'CLAUDE_CONFIG_DIR',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
  'TMPDIR',
]

function withFullPaths(env: Record<string, string>): Record<string, string> {
  const full = paths.flatMap((name) => (env[name] ? [[name, resolve(env[name])]] : []))
  return { ...env, ...Object.fromEntries(full) }
}

function howItEnded({ exitCode, signalCode }: Bun.Subprocess): string {
  return signalCode === null ? `with code ${exitCode}` : `by ${signalCode}`
}
