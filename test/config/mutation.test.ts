import { afterAll, expect, test } from 'bun:test'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ConfigError } from '../../src/config/diagnostic.ts'
import { loadConfig } from '../../src/config/load.ts'

const home = mkdtempSync(join(tmpdir(), 'ccr-mutation-'))
afterAll(() => rmSync(home, { recursive: true }))

const good = readFileSync(join(import.meta.dir, '../fixture/config/good.jsonc'), 'utf8')

/** What is replaced, by what, and what is said of it. `¦` stands where the message shall point to. */
const mutations: readonly (readonly [find: string, replacement: string, message: RegExp])[] = [
  // The grammar.
  ['"PORT": 3456,', '"PORT": 3456¦', /expected `,` or `}` here, before a text; put a `,` here/],
  ['"PORT": 3456,', '"PORT" ¦3456,', /expected `:` after the key `PORT`, found a number/],
  ['"PORT": 3456,', '"PORT": 3456,¦,', /found a second `,`; remove it|expected a key, found `,`/],
  ['"PORT": 3456,', '"PORT": ¦,', /expected a value, found `,`/],
  ['"PORT": 3456,', '"PORT": ¦034_56,', /expected a value/],
  ['"HOST": "127.0.0.1"', '"HOST": ¦"127.0.0.1', /this text is never closed; close it with `"` on the same line/],
  ['"HOST": "127.0.0.1"', '"HOST": ¦127.0.0.1', /expected a value, found a number|put texts in quotes/],
  ['"HOST": "127.0.0.1"', '"HOST": ¦“127.0.0.1”', /write it with plain quotes/],
  ['"HOST": "127.0.0.1"', '"HOST": "127¦\\u00zz"', /expected 4 hexadecimal digits/],
  ['"HOST"', '¦“HOST”', /expected a key, found `“`; write it with plain quotes/],
  ['"HOST"', '¦-host', /expected a key, found `-`/],
  ['"LOG": true', '"LOG": ¦True', /expected a value, found a word; did you mean `true`\?/],
  ['"LOG": true', '"LOG": ¦None', /did you mean `null`\?/],
  ['"LOG": true', '"LOG": ¦yes', /put texts in quotes/],
  ['"LOG": true', '"LOG": true¦\u00a0', /invisible character \(U\+00A0\)/],
  ['  // A good', '  ¦# A good', /comments start with `\/\/`/],
  ['  // A good', '  ¦/* A good', /this comment is never closed/],
  ['  ],\n  "Router"', '  ¦},\n  "Router"', /expected `,` or `]`, found `}`; the array of line 8 is not closed/],
  [
    '  "PROXY_URL": "http://127.0.0.1:1087"\n}',
    '  "PROXY_URL": "http://127.0.0.1:1087"\n',
    /this object is never closed/,
  ],
  ['"http://127.0.0.1:1087"\n}', '"http://127.0.0.1:1087"\n}\n¦}', /expected the end of the file, found `}`/],
  // Types.
  ['"PORT": 3456', '"PORT": ¦"abc"', /`PORT`: expected a port number from 0 to 65535, found a text/],
  ['"PORT": 3456', '"PORT": ¦70000', /expected a port number from 0 to 65535, found the number 70000/],
  ['"PORT": 3456', '"PORT": ¦[3456]', /expected a port number/],
  ['"HOST": "127.0.0.1"', '"HOST": ¦true', /`HOST`: expected a text in quotes, found `true`; write `"true"`/],
  ['"LOG": true', '"LOG": ¦{}', /`LOG`: expected true or false, found an object/],
  ['"LOG_LEVEL": "info"', '"LOG_LEVEL": ¦"debgu"', /expected one of trace, debug,.* did you mean `debug`\?/],
  ['"API_TIMEOUT_MS": 600000', '"API_TIMEOUT_MS": ¦-1', /expected a number of milliseconds, found the number -1/],
  [
    '"models": ["qwen3-coder"]',
    '"models": ¦"qwen3-coder"',
    /`Providers\[1\]\.models`: expected a list .*, found a text; put it in brackets/,
  ],
  [
    '"models": ["qwen3-coder"]',
    '"models": ["qwen3-coder", ¦3]',
    /`Providers\[1\]\.models\[1\]`: expected a text in quotes, found the number 3; write `"3"`/,
  ],
  ['"api_key": "key-of-deepseek-1"', '"api_key": ¦12345', /`Providers\[0\]\.api_key`: expected a text in quotes/],
  [
    '["deepseek", ["maxtoken", { "max_tokens": 8192 }]]',
    '¦"deepseek"',
    /transformer\.use`: expected a list of names, `\["name"\]`, found a text/,
  ],
  [
    '["deepseek", ["maxtoken", { "max_tokens": 8192 }]]',
    '["maxtoken", ¦{ "max_tokens": 8192 }]',
    /use\[1\]`: expected a name or .* found an object; write a name with options as a list in the list/,
  ],
  [
    '{\n        "use": ["deepseek", ["maxtoken", { "max_tokens": 8192 }]]\n      }',
    '¦["deepseek"]',
    /transformer`: expected an object/,
  ],
  [
    '"default": "deepseek,deepseek-chat"',
    '"default": ¦{ "provider": "deepseek" }',
    /`Router\.default`: expected a text "provider,model", found an object/,
  ],
  ['"longContextThreshold": 60000', '"longContextThreshold": ¦"many"', /expected a number of tokens/],
  [
    '"name": "local",',
    '"name": "local", "contextWindow": ¦"many",',
    /`Providers\[1\]\.contextWindow`: expected a number of tokens, or an object `\{ "model": number \}`, found a text/,
  ],
  [
    '"name": "local",',
    '"name": "local", "contextWindow": { "a": 8192, "b": ¦0 },',
    /`Providers\[1\]\.contextWindow\.b`: expected a number of tokens, found the number 0/,
  ],
  ['"name": "local",', '"name": "local", "maxOutputTokens": ¦-1,', /maxOutputTokens`: expected a number of tokens/],
  // Sense.
  ['"Providers": [', '¦"Provider": [', /expected the key `Providers`, found `Provider`; did you mean `Providers`\?/],
  ['"Router": {', '¦"router": {', /expected the key `Router`, found `router`; did you mean `Router`\?/],
  [
    '"name": "local",',
    '¦"nmae": "local",',
    /`Providers\[1\]`: expected the key `name`, found `nmae`; did you mean `name`\?/,
  ],
  [
    '"api_base_url": "http://localhost:11434/v1",',
    '¦"baseURL": "http://localhost:11434/v1",',
    /expected the key `api_base_url`, found `baseURL`/,
  ],
  [
    '{\n      "name": "local",\n      "api_base_url": "http://localhost:11434/v1",',
    '¦{\n      "name": "local",',
    /the key `api_base_url` is missing/,
  ],
  [
    '"http://localhost:11434/v1"',
    '¦"localhost:11434/v1"',
    /provider `local`: expected a URL that starts with .*did you mean `http:\/\/localhost:11434…`/,
  ],
  ['"http://localhost:11434/v1"', '¦"$OLLAMA_URL"', /provider `local`: the variable in this URL is not set/],
  ['"http://localhost:11434/v1"', '¦""', /`Providers\[1\]\.api_base_url`: expected .*, found an empty text/],
  ['"name": "local"', '"name": ¦"deepseek"', /two providers named `deepseek`; the other is Providers\[0\]/],
  ['"name": "local"', '"name": ¦"lo,cal"', /a name must not hold a comma/],
  ['"deepseek,deepseek-chat"', '¦"deepsek,deepseek-chat"', /there is no provider `deepsek`; did you mean `deepseek`\?/],
  [
    '"deepseek,deepseek-chat"',
    '¦"openai,gpt-5"',
    /there is no provider `openai`; the providers are `deepseek`, `local`/,
  ],
  ['"deepseek,deepseek-chat"', '¦"deepseek-chat"', /found no comma; did you mean `deepseek,deepseek-chat`\?/],
  ['"deepseek,deepseek-chat"', '¦"deepseek/deepseek-chat"', /found no comma; did you mean `deepseek,deepseek-chat`\?/],
  [
    '"deepseek,deepseek-chat"',
    '¦"deepseek,"',
    /expected a model behind the comma; did you mean `deepseek,deepseek-chat`\?/,
  ],
  ['"http://127.0.0.1:1087"', '¦"socks5://127.0.0.1:1080"', /`PROXY_URL`: a socks5 proxy cannot be used/],
  [
    '"http://127.0.0.1:1087"',
    '¦"127.0.0.1:1087"',
    /`PROXY_URL`: expected the URL of an HTTP proxy; write `http:\/\/host:port`/,
  ],
]

test('the config that is broken here is good', () => {
  const file = join(home, 'good.json')
  writeFileSync(file, good)
  expect(loadConfig({ file, env: {}, home }).warnings).toEqual([])
})

test.each(mutations.map(([find, replacement, message], index) => [index, find, replacement, message] as const))(
  '%d: %j written as %j is told with its place, and the file stays as it is',
  (index, find, replacement, message) => {
    expect(good).toContain(find)
    const broken = good.replace(find, () => replacement)
    const text = broken.replace('¦', '')
    const file = join(home, `${index}.json`)
    writeFileSync(file, text)
    const { mtimeMs } = statSync(file)

    const error = failure(file)
    expect(error.message).toMatch(message)
    const line = error.message.split('\n').find((candidate) => message.test(candidate))
    expect(line).toStartWith(`${file}:${broken.includes('¦') ? placeOf(broken) : '1:1'}: `)
    expect(readFileSync(file, 'utf8')).toBe(text)
    expect(statSync(file).mtimeMs).toBe(mtimeMs)
  },
)

test('all errors are told at once, in the order of the file', () => {
  const file = join(home, 'many.json')
  writeFileSync(
    file,
    good
      .replace('3456', '"x"')
      .replace('["qwen3-coder"]', '1')
      .replace('"deepseek,deepseek-chat"', '"x,y"')
      .replace('"HOST": "127.0.0.1"', '"HOST": 1'),
  )
  expect(failure(file).diagnostics.map(({ line, path }) => `${line} ${path}`)).toEqual([
    '3 HOST',
    '4 PORT',
    '21 Providers[1].models',
    '25 Router.default',
  ])
})

function failure(file: string): ConfigError {
  try {
    loadConfig({ file, env: {}, home })
  } catch (error) {
    if (error instanceof ConfigError) return error
    throw error
  }
  throw new Error('the config was read without an error')
}

function placeOf(text: string): string {
  const before = text.slice(0, text.indexOf('¦')).split('\n')
  return `${before.length}:${(before.at(-1) ?? '').length + 1}`
}
