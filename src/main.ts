import { version } from './cli/version.ts'

// The only file that starts anything. What answers at once is answered before anything else is loaded.
const [command = '', ...rest] = process.argv.slice(2)

if (['--version', '-v', 'version'].includes(command)) {
  console.log(`ccr ${version}`)
} else {
  const { run } = await import('./cli/run.ts')
  process.exit(await run(command, rest))
}
