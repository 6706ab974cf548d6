/** How one call of the soak goes. */
export interface Case {
  /** In the prompt and the session's name, by which both ends know the call. */
  readonly id: string
  readonly behaviour: Behaviour
  readonly way: Way
  readonly fault: Fault
}

/** `whole`: no stream. `early`, `midway`: the client goes away before the first byte, or after some. `slow`: it reads slowly, to the end. */
export type Behaviour = 'read' | 'whole' | 'early' | 'midway' | 'slow' | 'slow-then-gone'
/** Which protocols meet. */
export type Way = 'translated' | 'relayed-messages' | 'relayed-chat'
/**
 * What befalls the first attempt, whoever is asked; `dead`: every attempt. `inside`: an error in a success. `early-cut`: the
 * stream ends before its first word. `late-cut`: the connection breaks in the middle. `reset`: it does before a byte came.
 */
export type Fault =
  | 'none'
  | 'rate'
  | 'failure'
  | 'overload'
  | 'inside'
  | 'early-cut'
  | 'empty'
  | 'reset'
  | 'late-cut'
  | 'dead'
/** How a call ends: whole, with an error that says so, or because its client has left. */
export type Outcome = 'whole' | 'failed' | 'gone'

const BEHAVIOURS: readonly Behaviour[] = [
  'read',
  'early',
  'read',
  'slow',
  'read',
  'midway',
  'read',
  'slow-then-gone',
  'read',
  'whole',
]
const WAYS: readonly Way[] = ['translated', 'relayed-messages', 'relayed-chat']
/** How often each comes; together a prime, so that all come with all behaviours in all ways. */
const FAULTS: readonly Fault[] = Object.entries({
  none: 14,
  rate: 1,
  failure: 3,
  overload: 4,
  inside: 3,
  'early-cut': 3,
  empty: 3,
  reset: 3,
  'late-cut': 2,
  dead: 1,
} satisfies Record<Fault, number>).flatMap(([fault, times]) => Array<Fault>(times).fill(fault as Fault))
/** Of two that follow each other, seldom both have the same fault. */
const FAULT_STRIDE = 11

/** The `serial`th call. */
export function caseOf(serial: number): Case {
  return {
    id: `soak-${serial}`,
    behaviour: BEHAVIOURS[serial % BEHAVIOURS.length] as Behaviour,
    way: WAYS[serial % WAYS.length] as Way,
    fault: FAULTS[(serial * FAULT_STRIDE) % FAULTS.length] as Fault,
  }
}

/** How the call may end, for its client and in the log. What breaks while a client leaves may be known to one side alone. */
export function outcomesOf({ behaviour, fault }: Case): readonly Outcome[] {
  if (behaviour === 'early') return ['gone']
  if (fault === 'dead') return ['failed']
  const isBroken = fault === 'late-cut' && behaviour !== 'whole'
  if (leaves(behaviour)) return isBroken ? ['gone', 'failed'] : ['gone']
  return [isBroken ? 'failed' : 'whole']
}

/** Whether the client goes away after some bytes. */
export function leaves(behaviour: Behaviour): boolean {
  return behaviour === 'midway' || behaviour === 'slow-then-gone'
}
