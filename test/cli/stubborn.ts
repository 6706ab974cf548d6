// A service of this user that does not obey: `bun stubborn.ts HOME deaf|mute|stubborn`. It proves itself as a real one does.
import { readSecret } from '../../src/cli/instance/secret.ts'
import { writeRunFile } from '../../src/cli/instance/run-file.ts'
import { createInstanceRoutes, type Instance } from '../../src/server/instance.ts'
import { randomText } from '../../src/server/proof.ts'

const [configHome = '', kind = ''] = process.argv.slice(2)
const secret = readSecret(configHome) ?? ''
const instance: Instance = { id: randomText(), secret, describe: () => ({ kind: 'service' }), stop: () => {} }
let asked = 0
const server = Bun.serve({
  port: 0,
  hostname: '127.0.0.1',
  idleTimeout: 0,
  fetch(request): Response | Promise<Response> {
    // Whoever is mute is found, and answers no more.
    if (kind === 'mute' && asked++ >= 2) return new Promise(() => {})
    return routes(request, new URL(request.url).pathname) ?? new Response(null, { status: 404 })
  },
})
const port = server.port ?? 0
const routes = createInstanceRoutes({ instance, version: '0', port, now: Date.now })
writeRunFile(configHome, { instance: instance.id, kind: 'service', url: `http://127.0.0.1:${port}`, pid: process.pid })
if (kind === 'stubborn') process.on('SIGTERM', () => {})
console.log('listens')
