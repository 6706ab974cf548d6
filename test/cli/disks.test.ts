import { expect, test } from 'bun:test'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { executable } from '../client/agent.ts'
import { CONFIG, configOf, createDesk, type Desk } from './program.ts'
import { startService } from './service.ts'

const HOME_OF_CONFIG = '.claude-code-router'

/** Whether a small disk can be mounted that nobody else sees. */
const canMount = Bun.spawnSync(['unshare', '-m', 'mount', '-t', 'tmpfs', 'none', '/mnt']).exitCode === 0

/** Runs `script` with `$CCR`, in a world where the config's folder is a disk of its own that is full. */
async function onFullDisk(desk: Desk, script: string, config: object | undefined, env: Record<string, string> = {}) {
  const disk = join(desk.home, HOME_OF_CONFIG)
  mkdirSync(disk)
  const text = config === undefined ? '' : JSON.stringify(config)
  const fill = `mount -t tmpfs -o size=64k none '${disk}' && ${text && `printf %s "$TEXT" > '${disk}/config.json' &&`}
    { cat /dev/zero > '${disk}/fill' 2> /dev/null || :; }`
  const child = Bun.spawn(['unshare', '-m', 'sh', '-c', `${fill} && ${script}`], {
    cwd: desk.work,
    env: { ...desk.env, ...env, CCR: await executable(), TEXT: text },
    stdin: 'ignore',
    stdout: 'pipe',
    stderr: 'pipe',
    timeout: 20_000,
  })
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()])
  return { code: await child.exited, stdout, stderr }
}

test.skipIf(!canMount)(
  'a service starts in the background, says what it cannot do, and leaves no half files',
  async () => {
    await using desk = await createDesk()
    const script = `"$CCR" start --detach --port 0 && kill "$(pgrep -n -f "^$CCR start --port 0")" && ls -A '${desk.home}/${HOME_OF_CONFIG}'`
    const { code, stdout, stderr } = await onFullDisk(desk, script, configOf())
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toContain(' serves http://127.0.0.1:')
    expect(stdout).toContain('cannot be written (ENOSPC): `ccr status` and `ccr stop` may not find this service')
    expect(stdout).toEndWith('config.json\nfill\nlogs\n')
    expect(readdirSync(desk.env['TMPDIR'] ?? '')).toEqual([])
  },
)

test.skipIf(!canMount)('where nothing takes what a service prints, it is not started, and that is said', async () => {
  await using desk = await createDesk()
  const missing = join(desk.root, 'missing')
  const { code, stderr } = await onFullDisk(desk, '"$CCR" start --detach --port 0', configOf(), { TMPDIR: missing })
  expect(code).toBe(1)
  expect(stderr).toContain(`logs (ENOSPC) nor ${missing} (ENOENT) can be written to`)
  expect(existsSync(missing)).toBeFalse()
})

test.skipIf(!canMount).each([
  ['config init', undefined, 'fill\n'],
  ['key add lap', configOf(), 'config.json\nfill\nstate\n'],
])('%s says it, and leaves nothing half written', async (command, config, files) => {
  await using desk = await createDesk()
  const script = `"$CCR" ${command}; code=$?; ls -A '${desk.home}/${HOME_OF_CONFIG}'; exit $code`
  const ended = await onFullDisk(desk, script, config)
  expect(ended).toEqual({
    code: 1,
    stdout: files,
    stderr: 'ccr: a file cannot be written: no space is left on the disk (ENOSPC)\n',
  })
})

test.skipIf(!canMount)('a config that is mounted by itself, as into a container, is written where it is', async () => {
  await using desk = await createDesk()
  const outside = await desk.write('outside.json', configOf(), 0o600)
  const config = await desk.write(CONFIG, '')
  const script = `mount --bind '${outside}' '${config}' && exec '${await executable()}' key add lap`
  const child = Bun.spawn(['unshare', '-m', 'sh', '-c', script], { env: desk.env, stdout: 'pipe', stderr: 'pipe' })
  expect(await new Response(child.stderr).text()).toContain('this is the key "lap"')
  expect(await child.exited).toBe(0)
  expect(await Bun.file(outside).text()).toContain('"lap"')
  expect(readdirSync(join(config, '..')).toSorted()).toEqual(['config.json', 'state'])
})

test('a state that cannot be kept is told where a service is started, whatever the log', async () => {
  await using desk = await createDesk()
  await desk.write(CONFIG, configOf(undefined, { LOG: false, limits: { requestsPerDay: 9 } }))
  await desk.write(`home/${HOME_OF_CONFIG}/state`, 'a file')
  await using service = await startService(desk)
  expect(service.said).toContain('error: the state cannot be kept: repair the file or move it away, then restart ccr (')
})

test('a HOME that is a file is told, not reported', async () => {
  await using desk = await createDesk()
  const HOME = await desk.write('file', '')
  const { code, stderr } = await desk.ccr(['config', 'init'], { env: { HOME } })
  expect(code).toBe(1)
  expect(stderr).toBe(
    `ccr: ${HOME}/.claude-code-router cannot be made: a part of its path is a file, not a folder (ENOTDIR)\n`,
  )
})
