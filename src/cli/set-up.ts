import type { LoadOptions } from '../config/load.ts'
import { configFile } from '../config/load.ts'
import type { NewProvider } from '../config/starter.ts'
import { writeConfig } from '../config/write.ts'
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
  terminal.say('')
  const offer = askUntil(terminal, `Number, 1 to ${offers.length}: `, (text) => offers[Number(text) - 1])
  const url = offer.url || askUntil(terminal, 'URL (the host, the part up to /v1, or the full endpoint): ', webAddress)
  const key = askKey(terminal, offer, env)
  const model = askUntil(
    terminal,
    `Model${offer.example ? `, for example ${offer.example}` : ''}: `,
    (text) => text || undefined,
  )
  return {
    name: offer.name || nameOf(url),
    url,
    model,
    ...(key === undefined ? {} : { key }),
    ...(offer.dialects ? { dialects: offer.dialects } : {}),
  }
}

interface Offer {
  readonly label: string
  /** Empty: after the host of the URL. */
  readonly name: string
  /** Empty: is asked for. */
  readonly url: string
  readonly example: string
  /** The variable in which people keep the key. */
  readonly variable?: string
  readonly needsKey: boolean
  readonly dialects?: readonly string[]
}

const offers: readonly Offer[] = [
  {
    label: 'Anthropic',
    name: 'anthropic',
    url: 'https://api.anthropic.com',
    example: 'claude-opus-4-8',
    variable: 'ANTHROPIC_API_KEY',
    needsKey: true,
  },
  {
    label: 'OpenAI',
    name: 'openai',
    url: 'https://api.openai.com/v1',
    example: 'gpt-5.1',
    variable: 'OPENAI_API_KEY',
    needsKey: true,
  },
  {
    label: 'OpenRouter',
    name: 'openrouter',
    url: 'https://openrouter.ai/api/v1',
    example: 'z-ai/glm-4.6',
    variable: 'OPENROUTER_API_KEY',
    needsKey: true,
    dialects: ['openrouter'],
  },
  {
    label: 'DeepSeek',
    name: 'deepseek',
    url: 'https://api.deepseek.com/v1',
    example: 'deepseek-chat',
    variable: 'DEEPSEEK_API_KEY',
    needsKey: true,
    dialects: ['deepseek'],
  },
  {
    label: 'Ollama on this machine',
    name: 'ollama',
    url: 'http://127.0.0.1:11434/v1',
    example: 'qwen3-coder',
    needsKey: false,
  },
  { label: 'another, OpenAI-compatible', name: '', url: '', example: '', needsKey: false },
  { label: 'another, Anthropic-compatible', name: '', url: '', example: '', needsKey: false, dialects: ['Anthropic'] },
]

function askKey(
  terminal: Terminal,
  { label, url, needsKey, variable }: Offer,
  env: LoadOptions['env'],
): string | undefined {
  if (url !== '' && !needsKey) return undefined
  const known = variable !== undefined && env[variable] ? `$${variable}` : undefined
  const empty = known ? `; Enter for ${known}` : needsKey ? '' : '; Enter for none'
  const question = `Key${url === '' ? '' : ` of ${label}`} (not shown; $NAME for a variable of the environment${empty}): `
  return askUntil(terminal, question, (text) => text || known || (needsKey ? undefined : noKey), true) || undefined
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
    {
      "name": "openrouter",
      "api_base_url": "https://openrouter.ai/api/v1",
      "api_key": "$OPENROUTER_API_KEY",
      "models": ["z-ai/glm-4.6"]
    }
  ],
  "Router": { "default": "openrouter,z-ai/glm-4.6" }
}

\`ccr config init\` writes a file with more examples; \`ccr code\` on a terminal asks for a provider.`
}
