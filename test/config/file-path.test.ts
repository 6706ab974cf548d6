import { expect, test } from 'bun:test'
import { folderOf } from '../../src/config/file-path.ts'

test.each([
  ['/dev/stdin', '/home/me/.claude-code-router'],
  ['/dev/fd/63', '/home/me/.claude-code-router'],
  ['/proc/self/fd/0', '/home/me/.claude-code-router'],
  [import.meta.path, import.meta.dir],
  [`${import.meta.dir}/none-yet.json`, import.meta.dir],
])('the folder of %s', (file, folder) => {
  expect(folderOf(file, '/home/me/.claude-code-router')).toBe(folder)
})
