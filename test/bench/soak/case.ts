/** How one call of the soak goes. */
export interface Case {
  /** In the prompt and the session's name, by which both ends know the call. */
  readonly id: string
  readonly behaviour: Behaviour
  readonly way: Way
}

/** `whole`: no stream. `early`, `midway`: the client goes away before the first byte, or after some. `slow`: it reads slowly, to the end. */
export type Behaviour = 'read' | 'whole' | 'early' | 'midway' | 'slow' | 'slow-then-gone'
/** Which protocols meet. */
export type Way = 'translated' | 'relayed-messages' | 'relayed-chat'

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

/** The `serial`th call; all behaviours come in all ways. */
export function caseOf(serial: number): Case {
  return {
    id: `soak-${serial}`,
    behaviour: BEHAVIOURS[serial % BEHAVIOURS.length] as Behaviour,
    way: WAYS[serial % WAYS.length] as Way,
  }
}

/** Whether the client sees the end of the answer. */
export function endsWell({ behaviour }: Case): boolean {
  return behaviour === 'read' || behaviour === 'whole' || behaviour === 'slow'
}
