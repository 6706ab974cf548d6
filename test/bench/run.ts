// `bun run bench startup [rounds]`, `bun run bench soak [minutes]`, `bun run bench routing [rounds]`, `bun run bench codecs [rounds]`, `bun run bench limits [rounds]`; without a name: startup. What each does stands on top of its file.
const BENCHES: Readonly<Record<string, () => Promise<unknown>>> = {
  startup: () => import('./startup.ts'),
  soak: () => import('./soak.ts'),
  routing: () => import('./routing.ts'),
  limits: () => import('./limits.ts'),
  codecs: () => import('./codecs.ts'),
}

const [name = 'startup'] = process.argv.slice(2)
const bench = BENCHES[name]
if (bench) process.argv.splice(2, 1)
else if (!/^\d+$/.test(name)) throw new Error(`there is no bench ${name}: ${Object.keys(BENCHES).join(', ')}`)
await(bench ?? (() => import('./startup.ts')))()
