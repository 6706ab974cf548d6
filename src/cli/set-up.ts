import type { LoadOptions } from '../config/load.ts'
import { configFile } from '../config/load.ts'
import type { NewProvider } from '../config/starter.ts'
import { writeConfig } from '../config/write.ts'
import { catalog, rowNamed } from '../provider/catalog/index.ts'
import type { CatalogRow } from '../provider/catalog/row.ts'
import { Failure } from './failure.ts'
import { openTerminal, type Terminal } from './terminal.ts'

/** Asks for a first provider and writes it to the config file. Where nobody can be asked, throws a `Failure` that says what to write. */
export function setUp(options: LoadOptions): void {
  const terminal = openTerminal()
  if (!terminal) throw new Failure(whatToWrite(configFile(options)))
  try {
    const provider = askForProvider(terminal, options.env)
    terminal.say(`Written to ${writeConfig(options, provider)}, readable for you alone.\n`)
  } finally {
    terminal.close()
  }
}

/** Asks who shall answer, with which key and which model. */
export function askForProvider(terminal: Terminal, env: LoadOptions['env']): NewProvider {
  terminal.say('No provider is configured yet. Who shall answer?\n')
  offers.forEach(({ label }, index) => terminal.say(`  ${index + 1}  ${label}`))
  terminal.say(`\n  or one of these names: ${otherNames().join(', ')}\n`)
  const offer = askUntil(terminal, `Number, 1 to ${offers.length}, or a name: `, offerOf)
  return offer.row ? askForRow(terminal, offer.row, env) : askForOther(terminal, offer)
}

/** Somebody who is offered: a row of the catalog, or another, of whom the URL is asked for. */
interface Offer {
  readonly label: string
  readonly row?: CatalogRow
  readonly dialects?: readonly string[]
}

const offered = ['anthropic', 'openai', 'openrouter', 'deepseek', 'ollama']

const offers: readonly Offer[] = [
  ...offered.flatMap((name) => ofRow(rowNamed(name))),
  { label: 'another, OpenAI-compatible' },
  { label: 'another, Anthropic-compatible', dialects: ['Anthropic'] },
]

function ofRow(row: CatalogRow | undefined): Offer[] {
  return row ? [{ label: row.title, row }] : []
}

function otherNames(): string[] {
  return catalog.map(({ name }) => name).filter((name) => !offered.includes(name))
}

function offerOf(text: string): Offer | undefined {
  return offers[Number(text) - 1] ?? ofRow(text === '' ? undefined : rowNamed(text))[0]
}

function askForRow(terminal: Terminal, row: CatalogRow, env: LoadOptions['env']): NewProvider {
  if (row.advice !== undefined) terminal.say(`\nNote: ${row.advice}.\n`)
  const lacking = Object.entries(row.parameters ?? {}).filter(
    ([, { optional, from, default: usual, variables = [] }]) =>
      !optional && !from && usual === undefined && !variables.some((name) => env[name]),
  )
  const parameters = lacking.map(([name, { what }]) => [name, askText(terminal, `${capital(what)}: `)] as const)
  const key = row.keys ? askKey(terminal, row, env) : undefined
  return {
    name: row.name,
    model: askModel(terminal, row.example),
    ...(parameters.length > 0 && { parameters: Object.fromEntries(parameters) }),
    ...(key && { key }),
  }
}

function askForOther(terminal: Terminal, { label, dialects }: Offer): NewProvider {
  const url = askUntil(terminal, 'URL (the host, the part up to /v1, or the full endpoint): ', webAddress)
  const question = `Key of ${label} (${KEY_HINT}; Enter for none): `
  const key = askUntil(terminal, question, (text) => text, true)
  return { name: nameOf(url), url, model: askModel(terminal), ...(key && { key }), ...(dialects && { dialects }) }
}

function askModel(terminal: Terminal, example?: string): string {
  return askText(terminal, `Model${example === undefined ? '' : `, for example ${example}`}: `)
}

function askText(terminal: Terminal, question: string): string {
  return askUntil(terminal, question, (text) => text || undefined)
}

const KEY_HINT = 'not shown; $NAME for a variable of the environment'

function askKey(terminal: Terminal, { keys = [], endpoints }: CatalogRow, env: LoadOptions['env']): string | undefined {
  const variable = keys.find((name) => env[name])
  const known = variable === undefined ? undefined : `$${variable}`
  const hasOtherWays = endpoints.some(({ auth }) => auth === 'azure' || auth === 'google' || auth === 'aws-sigv4')
  const empty = known ? `; Enter for ${known}` : hasOtherWays ? '; Enter for none' : ''
  const question = `Key (${KEY_HINT}${empty}): `
  return askUntil(terminal, question, (text) => text || known || (hasOtherWays ? noKey : undefined), true) || undefined
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

const noKey = ''

function askUntil<T>(terminal: Terminal, question: string, accept: (text: string) => T | undefined, hidden = false): T {
  for (;;) {
    const answer = accept(terminal.ask(question, hidden))
    if (answer !== undefined) return answer
  }
}

function webAddress(text: string): string | undefined {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text) ? text : `https://${text}`)
  return url && /^https?:$/.test(url.protocol) && url.hostname !== '' && text !== '' ? url.href : undefined
}

/** `api.example.com` is called `example`; an address of this machine `local`. */
function nameOf(url: string): string {
  const { hostname } = new URL(url)
  const labels = hostname.split('.')
  return /[a-z]/i.test(hostname) && labels.length > 1 ? (labels.at(-2) as string) : 'local'
}

function whatToWrite(file: string): string {
  return `ccr: no provider is configured yet. Write one to ${file}:

{
  "Providers": [
    { "name": "openrouter", "api_key": "$OPENROUTER_API_KEY" }
  ],
  "Router": { "default": "openrouter,z-ai/glm-4.6" }
}

\`ccr config init\` writes a file with more examples; \`ccr code\` on a terminal asks for a provider.`
}
