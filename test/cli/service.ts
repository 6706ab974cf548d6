import type { Desk } from './program.ts'

/** What `ccr status --json` tells of one instance. */
export interface Told {
  readonly url: string
  readonly kind: 'service' | 'code'
  readonly pid: number
  readonly version: string
  readonly calls: number
  readonly running: number
  readonly detached: boolean
  readonly config: { readonly file: string; readonly hash: string; readonly problem?: string }
}

/** What runs of this desk's user. */
export async function running(desk: Desk): Promise<Told[]> {
  return JSON.parse((await desk.ccr(['status', '--json'])).stdout) as Told[]
}

/** A service in the background, which ends with the test. */
export interface Service extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly pid: number
  readonly said: string
}

/** Starts a service in the background on a free port. */
export async function startService(
  desk: Desk,
  args: readonly string[] = ['--port', '0'],
  env: Readonly<Record<string, string>> = {},
): Promise<Service> {
  const { code, stdout, stderr } = await desk.ccr(['start', '--detach', ...args], { env })
  const [, url = '', port = ''] = /(http:\/\/127\.0\.0\.1:(\d+))/.exec(stdout) ?? []
  const pid = Number(/\npid (\d+)/.exec(stdout)?.[1])
  if (code !== 0 || !pid) throw new Error(`start --detach ended with ${code}: ${stdout}${stderr}`)
  return { url, port: Number(port), pid, said: stdout, [Symbol.asyncDispose]: () => kill(pid) }
}

/** Ends a process, if it still runs, and waits until it is gone. */
export async function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
  try {
    process.kill(pid, signal)
    while (isAlive(pid)) await Bun.sleep(5)
  } catch {
    // It has ended by itself.
  }
}

/** Whether a process runs; one that only waits for its parent does not. */
export function isAlive(pid: number): boolean {
  const { stdout } = Bun.spawnSync(['ps', '-o', 'stat=', '-p', String(pid)])
  return /^[^Z\s]/.test(stdout.toString())
}

/** A call to `url` in Anthropic's protocol. */
export function ask(
  url: string,
  options: { readonly stream?: boolean; readonly key?: string } = {},
): Promise<Response> {
  return fetch(`${url}/v1/messages`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(options.key && { 'x-api-key': options.key }) },
    body: JSON.stringify({
      model: 'm',
      max_tokens: 9,
      stream: options.stream === true,
      messages: [{ role: 'user', content: 'hi' }],
    }),
  })
}
