import { readdirSync, readFileSync, readlinkSync } from 'node:fs'

/** Resident memory of a process, in MiB. */
export function memoryOf(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024
}

/** Processor time that a process has used, in seconds. */
export function processorTimeOf(pid: number): number {
  const [user, system] = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
    .slice(11, 13)
  return (Number(user) + Number(system)) / 100
}

/** How many handles of each kind a process has open: `socket`, `pipe`, `anon_inode`, or a path. */
export function handlesOf(pid: number): Map<string, number> {
  const kinds = linksOf(pid).map((link) => link.replace(/^(socket|pipe|anon_inode):.*/, '$1'))
  return new Map([...Map.groupBy(kinds, (kind) => kind)].map(([kind, all]) => [kind, all.length]))
}

/** How many TCP connections of a process are established. */
export function establishedOf(pid: number): number {
  const own = new Set(linksOf(pid).flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []))
  return ['tcp', 'tcp6']
    .flatMap((name) => readFileSync(`/proc/${pid}/net/${name}`, 'utf8').split('\n'))
    .filter((line) => {
      const [, , , state, , , , , , inode = ''] = line.trim().split(/\s+/)
      return state === '01' && own.has(inode)
    }).length
}

function linksOf(pid: number): string[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      return readlinkSync(`/proc/${pid}/fd/${fd}`)
    } catch {
      return []
    }
  })
}
