import { expect, test } from 'bun:test'
import { join } from 'node:path'

/** Whether a small disk can be mounted that nobody else sees. */
const canMount = Bun.spawnSync(['unshare', '-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).exitCode === 0

test.skipIf(!canMount)(
  'a full disk keeps the state waiting, which is told once, and nothing is lost of it',
  async () => {
    const script = `mount -t tmpfs -o size=800k none /mnt && '${process.execPath}' '${join(import.meta.dir, 'fill-disk.ts')}' /mnt`
    const child = Bun.spawn(['unshare', '-m', 'sh', '-c', script], {
      stdin: 'ignore',
      stdout: 'pipe',
      stderr: 'inherit',
    })
    expect(JSON.parse(await new Response(child.stdout).text())).toEqual({
      told: [
        'ENOSPC',
        'error: the disk of FILE is full: what is counted for limits is kept in memory until there is room',
        'warn: there is room for FILE again: what was counted meanwhile is written',
      ],
      spent: 201,
      calls: 201,
      held: 0,
    })
  },
)
