import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** A program that listens on a port. */
export interface PortOwner {
  readonly pid: number
  readonly name: string
}

/** Who listens on `port` of this machine, where the system lets this user know. */
export function ownerOfPort(port: number): PortOwner | undefined {
  if (process.platform === 'linux') return ownerInProc(port)
  return process.platform === 'darwin' ? ownerByLsof(port) : undefined
}

function ownerInProc(port: number): PortOwner | undefined {
  const sockets = new Set(['/proc/net/tcp', '/proc/net/tcp6'].flatMap((table) => listeners(read(table), port)))
  if (sockets.size === 0) return undefined
  for (const pid of list('/proc').filter((name) => /^\d+$/.test(name))) {
    const holds = list(`/proc/${pid}/fd`).some((fd) => sockets.has(link(`/proc/${pid}/fd/${fd}`)))
    if (holds) return { pid: Number(pid), name: read(`/proc/${pid}/comm`).trim() }
  }
  return undefined
}

/** The sockets of a table of `/proc/net/tcp` that listen on `port`, as `/proc/<pid>/fd` names them. */
export function listeners(table: string, port: number): string[] {
  const address = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => local?.endsWith(address) && state === LISTEN)
    .map((fields) => `socket:[${fields[9]}]`)
}

const LISTEN = '0A'

function ownerByLsof(port: number): PortOwner | undefined {
  try {
    const { stdout } = Bun.spawnSync(['/usr/sbin/lsof', '-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], {
      timeout: 1000,
    })
    const [, pid, name] = /^p(\d+)\nc(.*)$/m.exec(stdout.toString()) ?? []
    return pid === undefined ? undefined : { pid: Number(pid), name: name ?? '' }
  } catch {
    return undefined
  }
}

function list(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    // Of other users' programs the system tells nothing, and some end while they are looked at.
    return []
  }
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    return ''
  }
}
