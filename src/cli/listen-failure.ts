import { describeTakenPort } from './instance/taken-port.ts'
import { readSecret } from './instance/secret.ts'
import { userConfigHome } from './home.ts'

/** What to tell when `host:port` cannot be had, and who has it. Throws `error` if it is about something else. */
export async function cannotListen(error: unknown, host: string, port: number): Promise<string> {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (code === 'EADDRINUSE') return `ccr: ${await describeTakenPort(host, port, readSecret(userConfigHome()))}`
  const reason = reasons[code]?.(host, port)
  if (reason === undefined) throw error
  return `ccr: ${reason}`
}

const reasons: Readonly<Record<string, (host: string, port: number) => string>> = {
  EACCES: (_, port) =>
    `port ${port} may not be used without special rights. Take one above 1023: \`ccr start --port 3456\``,
  EADDRNOTAVAIL: (host) => `this machine has no address ${host}. Use 127.0.0.1, or one of its own`,
  ENOTFOUND: (host) => `the host name ${host} is not known. Use 127.0.0.1, or an address of this machine`,
}
