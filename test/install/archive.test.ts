import { expect, test } from 'bun:test'
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tarGz, zip } from '../../.ci/archive.ts'
import { createScratch } from './shell.ts'

const entries = [
  { name: 'ccr', bytes: Buffer.from('#!/bin/sh\necho ccr\n'.repeat(1000)), isExecutable: true },
  { name: 'LICENSE', bytes: Buffer.from('ü'.repeat(512)) },
  { name: 'empty', bytes: new Uint8Array() },
]

const readers = [
  { pack: tarGz, file: 'a.tar.gz', command: ['tar', '-xzf'] },
  { pack: tarGz, file: 'a.tar.gz', command: ['busybox', 'tar', '-xzf'] },
  { pack: zip, file: 'a.zip', command: ['unzip', '-q'] },
  { pack: zip, file: 'a.zip', command: ['busybox', 'unzip', '-q'] },
]

for (const { pack, file, command } of readers) {
  const [program = ''] = command
  test.skipIf(!Bun.which(program))(`${command.join(' ')} reads what is packed`, () => {
    using scratch = createScratch()
    mkdirSync(join(scratch.path, 'out'))
    writeFileSync(join(scratch.path, 'out', file), pack(entries))
    const { exitCode, stderr } = Bun.spawnSync([...command, file], { cwd: join(scratch.path, 'out'), stderr: 'pipe' })

    expect({ exitCode, stderr: stderr.toString() }).toEqual({ exitCode: 0, stderr: '' })
    for (const { name, bytes, isExecutable = false } of entries) {
      const path = join(scratch.path, 'out', name)
      expect(readFileSync(path).equals(bytes)).toBe(true)
      expect((statSync(path).mode & 0o100) !== 0).toBe(isExecutable)
    }
  })
}

test.each([
  ['tar.gz', tarGz, '29b24853c9160982bc7703e8fa0a96c5c077c4a4eb254db6616939cd59fad955'],
  ['zip', zip, '429136579c89d9b45adf9d11827dd222b17190d4ce2a83b71087863fb8bb41e3'],
] as const)('a %s holds nothing of the machine or the hour that made it', (_name, pack, hash) => {
  expect(new Bun.CryptoHasher('sha256').update(pack(entries)).digest('hex')).toBe(hash)
})
