import { describeTakenPort } from './instance/taken-port.ts'
import { readSecret } from './instance/secret.ts'
import { userConfigHome } from './home.ts'

/** What to tell when `host:port` cannot be had, and who has it. Throws `error` if it is about something else. */
export async function cannotListen(error: unknown, host: string, port: number): Promise<string> {
  const code = (error as NodeJS.ErrnoException).code ?? ''
  if (code === 'EADDRINUSE') return `ccr: ${await describeTakenPort(host, port, readSecret(userConfigHome()))}`
  if (reasons[code]) return `ccr: ${reasons[code](host, port)}`
  // Names that nobody knows, and what is no name at all, come with codes that change from run to run.
  if ((error as NodeJS.ErrnoException).syscall !== 'listen' && code !== 'ERR_INVALID_ARG_TYPE') throw error
  return `ccr: cannot listen on ${host} (${code}): is that an address of this machine, or a name of it? Use 127.0.0.1, or another one`
}

const reasons: Readonly<Record<string, (host: string, port: number) => string>> = {
  EACCES: (_, port) =>
    `port ${port} may not be used without special rights. Take one above 1023: \`ccr start --port 3456\``,
  EADDRNOTAVAIL: (host) => `this machine has no address ${host}. Use 127.0.0.1, or one of its own`,
  ENOTFOUND: (host) => `the host name ${host} is not known. Use 127.0.0.1, or an address of this machine`,
}
