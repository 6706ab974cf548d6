import { describe, expect, test } from 'bun:test'
import manifest from '../../package.json'
import { createDesk } from './program.ts'

describe('the command line', () => {
  test.each(['--version', '-v', 'version'])('%s prints the version', async (word) => {
    await using desk = await createDesk()
    expect(await desk.ccr([word])).toEqual({ code: 0, stdout: `ccr ${manifest.version}\n`, stderr: '' })
  })

  test.each([
    [['help'], 0],
    [['-h'], 0],
    [['--help'], 0],
    [[], 1],
  ])('%p prints the usage and ends with %d', async (args, code) => {
    await using desk = await createDesk()
    const ended = await desk.ccr(args)
    expect(ended.code).toBe(code)
    for (const command of ['code', 'start', 'demo', 'config', 'version', 'help'])
      expect(ended.stdout).toContain(`\n  ${command}`)
  })

  test.each([
    ['strat', 'unknown command `strat`; did you mean `start`?'],
    ['codee', 'unknown command `codee`; did you mean `code`?'],
    ['--vresion', 'unknown option `--vresion`; did you mean `--version`?'],
    ['xylophone', 'unknown command `xylophone` ('],
    ['__proto__', 'unknown command `__proto__`'],
    ['constructor', 'unknown command `constructor`'],
  ])('an unknown command `%s` names the nearest', async (word, message) => {
    await using desk = await createDesk()
    const ended = await desk.ccr([word])
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toContain(message)
  })

  test.each([
    [['start', '--prot', '1'], 'unknown option `--prot`; did you mean `--port`?'],
    [['start', '--port'], '--port needs a value'],
    [['start', '--port='], '--port needs a value'],
    [['start', '--port', '--debug'], '--port needs a value'],
    [['start', '--port', '70000'], '--port must be a number from 0 to 65535, not `70000`'],
    [['start', '--port', '1e3'], '--port must be a number from 0 to 65535, not `1e3`'],
    [['start', '--debug=1'], '--debug takes no value'],
    [['start', 'now'], 'unexpected argument `now`'],
    [['start', '--', 'now'], 'unexpected argument `now`'],
    [['demo', '--fast'], 'unknown option `--fast`'],
    [['config', 'chekc'], 'unknown command `chekc`; did you mean `check`?'],
    [['config', 'path', '--cofnig', 'x'], 'unknown option `--cofnig`; did you mean `--config`?'],
  ])('%p is refused', async (args, message) => {
    await using desk = await createDesk()
    const ended = await desk.ccr(args)
    expect(ended).toMatchObject({ code: 1, stdout: '' })
    expect(ended.stderr).toContain(message)
  })

  test.each([
    [['start', '--help'], '--port'],
    [['demo', '-h'], 'ccr demo'],
    [['config', '--help'], 'check'],
    [['config', 'init', '--help'], 'ccr config init'],
  ])('%p prints help without colours into a pipe', async (args, expected) => {
    await using desk = await createDesk()
    const ended = await desk.ccr(args)
    expect(ended).toMatchObject({ code: 0, stderr: '' })
    expect(ended.stdout).toContain(expected)
    expect(ended.stdout).not.toContain('\u001b')
  })
})
