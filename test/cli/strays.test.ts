import { describe, expect, test } from 'bun:test'
import { join } from 'node:path'

const STRAYS = join(import.meta.dir, '../../src/cli/strays.ts')

function run(body: string): { stdout: string; stderr: string; exitCode: number } {
  const source = `import { catchStrays } from ${JSON.stringify(STRAYS)}\n${body}`
  const { stdout, stderr, exitCode } = Bun.spawnSync([process.execPath, '-e', source])
  return { stdout: stdout.toString(), stderr: stderr.toString(), exitCode }
}

describe('an error that nobody caught', () => {
  test.each([
    ['a rejection', `void Promise.reject(new Error('astray'))`],
    ['an exception', `setTimeout(() => { throw new Error('astray') })`],
  ])('%s is told, and the program goes on', (_name, source) => {
    const { stdout, stderr, exitCode } = run(`catchStrays()\n${source}\nsetTimeout(() => console.log('still here'), 5)`)
    expect(stderr).toContain('ccr: unexpected error, please report it:')
    expect(stderr).toContain('astray')
    expect([stdout, exitCode]).toEqual(['still here\n', 0])
  })

  test('waits while the terminal belongs to somebody else, and is told afterwards', () => {
    const { stdout } = run(`
      const strays = catchStrays((text) => console.log(/astray \\d+/.exec(text)[0]))
      strays.hold()
      for (let count = 1; count <= 9; count++) void Promise.reject(new Error('astray ' + count))
      setTimeout(() => { console.log('free'); strays.release() }, 5)`)
    expect(stdout.trim().split('\n')).toEqual(['free', ...[1, 2, 3, 4, 5].map((count) => `astray ${count}`)])
  })
})
