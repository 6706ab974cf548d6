import { askWho, type Occupant, reachable } from './ask.ts'
import { ownerOfPort, type PortOwner } from './port-owner.ts'

/** Who has `port`, and what to do about it. */
export async function describeTakenPort(host: string, port: number, secret: string | undefined): Promise<string> {
  const occupant = await askWho(reachable(host, port), secret)
  const owner = ownerOfPort(port)
  const remedy = `take another port: \`ccr start --port ${port < 65535 ? port + 1 : 3456}\`, or PORT in the config file`
  return `port ${port} of ${host} is taken: ${sentence(occupant, owner, remedy)}`
}

/** What to know of a ccr at `url` that cannot prove to be this user's, and how it is ended; `undefined`: there is none. */
export async function describeStranger(url: string): Promise<string | undefined> {
  const occupant = await askWho(url, undefined)
  if (occupant.type !== 'ccr') return undefined
  const owner = ownerOfPort(Number(new URL(url).port))
  return `a ccr answers at ${url} that ${whose(occupant.pid, owner)}`
}

/** `node, pid 12`, as far as it is known. */
export function nameOwner(owner: PortOwner | undefined): string {
  return owner === undefined
    ? 'a program whose name the system does not tell'
    : `${printable(owner.name)}, pid ${owner.pid}`
}

function sentence(occupant: Occupant, owner: PortOwner | undefined, remedy: string): string {
  const end = owner === undefined ? 'End it' : `End it (\`kill ${owner.pid}\`)`
  switch (occupant.type) {
    case 'own':
      return `ccr ${occupant.version} of yours runs there already (pid ${occupant.pid}). \`ccr restart\` starts it anew, \`ccr stop\` ends it; or ${remedy}`
    case 'ccr':
      return `a ccr runs there that ${whose(occupant.pid, owner)}. Or ${remedy}`
    case 'predecessor':
      return `Claude Code Router, the older program, runs there (${nameOwner(owner)}). ${end}, or ${remedy}`
    case 'silent':
      return `a program that does not answer has it (${nameOwner(owner)}). ${end}, or ${remedy}`
    case 'other':
      return `another program listens there (${nameOwner(owner)}). ${end}, or ${remedy}`
    case 'nobody':
      return `something holds it without listening (${nameOwner(owner)}). Try again in a while, or ${remedy}`
  }
}

/** `claimed`: the pid that it tells of itself, which a liar could have ended by telling another's. */
function whose(claimed: number | undefined, owner: PortOwner | undefined): string {
  const name = owner === undefined ? `pid ${claimed ?? 'not told'}` : nameOwner(owner)
  const remedy = owner === undefined ? 'Ctrl+C in its terminal' : `\`kill ${owner.pid}\``
  return `does not prove to be yours (${name}): it is another user's, has another CCR_HOME, or one that cannot be written. If it is yours, ${remedy} ends it`
}

/** A program chooses its own name. */
function printable(name: string): string {
  return name.replaceAll(/[^\x20-\x7e]/g, '?') || 'no name'
}
