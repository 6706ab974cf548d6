import { join, resolve } from 'node:path'
import type { Json } from '../canonical/json.ts'
import { checkTrust, sharedAuthority, withAuthorities } from './authority.ts'
import type { Config } from './config.ts'
import type { Diagnostic, Problem } from './diagnostic.ts'
import { ConfigError, isError, locateProblems } from './diagnostic.ts'
import { folderOf, fullPath } from './file-path.ts'
import { withGoogleProject } from './google-project.ts'
import type { Environment } from './interpolate.ts'
import { withKeyPlaces } from './key-place.ts'
import type { PathStep } from './place.ts'
import { pathText } from './place.ts'
import { readPresets } from './preset/presets.ts'
import { checkServicePort } from './port.ts'
import { checkPromptFile } from './prompt-file.ts'
import { readText } from './read-text.ts'
import { resolveConfig } from './resolve.ts'
import { readSource } from './source.ts'
import { readUserCode } from './user-code.ts'

export interface LoadOptions {
  /** The config file, if it is not the one of the home directory. Then it must exist. */
  readonly file?: string
  readonly env: Environment
  /** The user's home directory. */
  readonly home: string
}

/** The directory of the config: `CCR_HOME`, else `~/.claude-code-router`. */
export function configHome(env: Environment, home: string): string {
  return env['CCR_HOME'] ? resolve(env['CCR_HOME']) : join(home, '.claude-code-router')
}

/** The config file that `loadConfig` reads. */
export function configFile(options: LoadOptions): string {
  return options.file === undefined ? join(configHome(options.env, options.home), 'config.json') : resolve(options.file)
}

/**
 * Reads the config file; never writes it. A missing file of the home directory is an empty config.
 * Throws `ConfigError` with everything that is wrong.
 */
export function loadConfig(options: LoadOptions): Config {
  const file = configFile(options)
  const text = readIfThere(file, options.file !== undefined)
  const raw = parse(text ?? '{}', file)
  const { config, problems } = resolveConfig(raw, withGoogleProject(raw, options.env))
  const ownHome = configHome(options.env, options.home)
  const folder = folderOf(file, ownHome)
  const pathOf = (written: string): string => fullPath(written, folder, options.home)
  const prompt = config.systemPromptFile && pathOf(config.systemPromptFile)
  const all = [...problems, ...(prompt ? checkPromptFile(prompt) : [])]
  const providers = withAuthorities(config.providers, config.raw, pathOf, all)
  all.push(...checkTrust(providers, options.env))
  const userCode = readUserCode(config.raw, pathOf)
  const told = [...checkServicePort(options.env), ...(text === undefined ? [] : all)]
  const diagnostics = locateProblems(told, text ?? '', file)
  if (diagnostics.some(isError)) throw new ConfigError(diagnostics)
  const installed = readPresets(join(ownHome, 'presets'), config.raw, options.env)
  return {
    file,
    exists: text !== undefined,
    ...(text !== undefined && { hash: hashOf(text) }),
    ...config,
    providers: withKeyPlaces(providers, config.raw, text ?? '{}', file),
    ...(prompt && { systemPromptFile: prompt }),
    ...(config.webSearch && { webSearch: { ...config.webSearch, ...sharedAuthority(config.raw, pathOf) } }),
    ...(userCode && { userCode }),
    ...(Object.keys(installed.presets).length > 0 && { presets: installed.presets }),
    warnings: [...diagnostics, ...installed.warnings],
  }
}

/** A short name of a file's text. */
export function hashOf(text: string): string {
  return new Bun.CryptoHasher('sha256').update(text).digest('hex').slice(0, 12)
}

/** Keys that stand twice in one object of the file: the later one counts. Not told by `loadConfig`, for it costs a second reading. */
export function repeatedKeys(options: LoadOptions): Diagnostic[] {
  const file = configFile(options)
  const text = readIfThere(file, true) ?? ''
  const problems = readSource(text).repeated.map((path) => repeated(path))
  return locateProblems(problems, text, file)
}

function repeated(path: readonly PathStep[]): Problem {
  return {
    severity: 'warning',
    path,
    atKey: true,
    message: `the key \`${pathText(path)}\` stands here a second time: the first one has no effect`,
  }
}

function readIfThere(file: string, required: boolean): string | undefined {
  try {
    return readText(file)
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (code === 'ENOENT' && !required) return undefined
    throw new ConfigError([wholeFile(file, unreadable[code ?? ''] ?? `the file cannot be read (${code ?? error})`)])
  }
}

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'the file cannot be read: permission denied',
  EPERM: 'the file cannot be read: permission denied',
  EISDIR: 'this is a directory, expected a file',
  ENOTDIR: 'the path leads through a file, expected a directory',
}

function parse(text: string, file: string): Json {
  try {
    return Bun.JSON5.parse(text) as Json
  } catch (error) {
    const place = readSource(text).error ?? { line: 1, column: 1, message: (error as Error).message }
    const { line, column, message, suggestion } = { suggestion: undefined, ...place }
    throw new ConfigError([{ ...wholeFile(file, message), line, column, ...(suggestion ? { suggestion } : {}) }])
  }
}

function wholeFile(file: string, message: string): Diagnostic {
  return { severity: 'error', file, line: 1, column: 1, path: '', message }
}
