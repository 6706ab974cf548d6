import { join } from 'node:path'
import type { Config } from '../config/config.ts'
import type { Log, Ports } from '../platform/ports.ts'
import type { StateStore } from '../store/sqlite.ts'
import type { UsageStore } from '../store/usage-store.ts'
import { userConfigHome } from './home.ts'

/** The state that outlives this process, for those configs that need it. */
export interface State {
  /** Opens it, if `config` needs it and it is not open: nobody else pays for loading a database. */
  openFor(config: Config): Promise<void>
  ports(): Pick<Ports, 'journal' | 'replies'>
  /** `usage`, and what is kept of calls besides. */
  alsoKeeping(usage: UsageStore): UsageStore
  close(): void
}

export function createState(log: Log): State {
  let store: StateStore | undefined
  let opening: Promise<void> | undefined
  const open = async (): Promise<void> => {
    const { openStateStore } = await import('../store/sqlite.ts')
    store = openStateStore({ file: join(userConfigHome(), 'state', 'state.db'), log, now: Date.now })
    opening = undefined
  }
  return {
    async openFor(config) {
      if (store || !needsState(config)) return
      // What could not be used for the last config may be repaired by now.
      await (opening ??= open())
    },
    ports: () => (store ? { journal: store.journal, replies: store.replies } : {}),
    alsoKeeping: (usage) => ({
      record(call) {
        usage.record(call)
        store?.usage.record(call)
      },
    }),
    close() {
      store?.close()
      store = undefined
    },
  }
}

function needsState({ limits, cache, clientKeys = [] }: Config): boolean {
  return cache !== undefined || limits !== undefined || clientKeys.some((key) => key.limits !== undefined)
}
