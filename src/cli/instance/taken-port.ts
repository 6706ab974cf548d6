import { askWho, type Occupant, reachable } from './ask.ts'
import { ownerOfPort, type PortOwner } from './port-owner.ts'

/** Who has `port`, and what to do about it. */
export async function describeTakenPort(host: string, port: number, secret: string | undefined): Promise<string> {
  const occupant = await askWho(reachable(host, port), secret)
  const owner = ownerOfPort(port)
  const remedy = `take another port: \`ccr start --port ${port < 65535 ? port + 1 : 3456}\`, or PORT in the config file`
  return `port ${port} of ${host} is taken: ${sentence(occupant, owner, remedy)}`
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
      return `a ccr runs there that is not yours, or that has another CCR_HOME (${owner === undefined ? `pid ${occupant.pid ?? 'not told'}` : nameOwner(owner)}). Let it be ended by its user, or ${remedy}`
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

/** A program chooses its own name. */
function printable(name: string): string {
  return name.replaceAll(/[^\x20-\x7e]/g, '?') || 'no name'
}
