import { describe, expect, test } from 'bun:test'
import { hideFolders } from '../../src/server/private-folders.ts'
import { json } from '../helper/answer.ts'
import { createUpstream } from '../helper/upstream.ts'
import { CONFIG, configOf, createDesk } from '../cli/program.ts'
import { ask, startService } from '../cli/service.ts'

const OPEN = { host: '0.0.0.0', allowedHosts: [] }

describe('an error that tells where the config lies', () => {
  test.each([
    ['is whole for who sits at the machine', {}, true],
    ['has no folder where others can reach it', { HOST: '0.0.0.0' }, false],
    ['has no folder where it is passed on by another name', { ALLOWED_HOSTS: ['llm.example'] }, false],
  ])('%s', async (_, more, isWhole) => {
    await using desk = await createDesk()
    await using upstream = await createUpstream(() => json({ error: { message: 'who are you?' } }, 401))
    const provider = { name: 'lab', api_base_url: `${upstream.url}/v1/chat/completions`, api_key: '', models: ['m'] }
    await desk.write(CONFIG, configOf(undefined, { APIKEY: 'the-key-of-clients', Providers: [provider], ...more }))
    await using service = await startService(desk)
    const [, port] = /serves http:\/\/[\d.]+:(\d+)/.exec(service.said) ?? []
    const response = await ask(`http://127.0.0.1:${port}`, { key: 'the-key-of-clients' })
    const text = await response.text()
    expect(response.status).toBe(401)
    expect(text.includes(desk.home)).toBe(isWhole)
    expect(text).toContain('Providers[0].api_key (')
    expect(text.includes('(…/config.json:')).toBe(!isWhole)
  })
})

describe('of errors that others may get', () => {
  test.each([
    ['/home/me', 'see /home/me/.ccr/config.json:3:1', 'see …/.ccr/config.json:3:1'],
    ['/home/me', '(/home/me/a), "/home/me/b"', '(…/a), \\"…/b\\"'],
    ['/home/me', '/home/mean/a and /srv/home/me/a', '/home/mean/a and /srv/home/me/a'],
    ['/home/me', 'https://x.example/home/me/a', 'https://x.example/home/me/a'],
    ['C:\\Users\\me', 'see C:\\Users\\me\\config.json', 'see …\\\\config.json'],
    ['/', 'see /etc/x', 'see /etc/x'],
  ])('%s is left out of %s', async (folder, said, told) => {
    const response = Response.json({ message: said }, { status: 401 })
    const hidden = await hideFolders([folder, '/home/other'], OPEN)?.(response)
    expect(await hidden?.text()).toBe(`{"message":"${told}"}`)
    expect([hidden?.status, hidden?.headers.get('content-type')?.slice(0, 16)]).toEqual([401, 'application/json'])
  })

  test('answers are as they are', () => {
    const answer = Response.json({ text: '/home/me/a' })
    expect(hideFolders(['/home/me'], OPEN)?.(answer)).toBe(answer)
  })
})
