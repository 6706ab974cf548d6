import { existsSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, join, resolve } from 'node:path'
import type { Json, JsonObject } from '../../canonical/json.ts'
import { asString, isObject } from '../../canonical/json.ts'
import { isError } from '../../config/diagnostic.ts'
import { configFile, configHome, loadConfig, type LoadOptions } from '../../config/load.ts'
import {
  installedPresets,
  isPresetName,
  manifestFile,
  readManifest,
  type Installed,
} from '../../config/preset/folder.ts'
import { resolvePreset } from '../../config/preset/presets.ts'
import { questionsOf } from '../../config/preset/question.ts'
import { shareable } from '../../config/preset/share.ts'
import { removePreset, storePreset } from '../../config/preset/store.ts'
import { didYouMean } from '../../config/suggest.ts'
import { Failure } from '../failure.ts'
import { openTerminal } from '../terminal.ts'
import { printable } from '../printable.ts'
import { answersIn, answersTo } from './answers.ts'
import { callsOf, describePreset, lineOf, pathOf } from './tell.ts'

export function listPresets(file: string | undefined): void {
  const installed = installedPresets(presetsFolder(optionsOf(file)))
  if (installed.length === 0) console.log('no preset is installed: `ccr preset install FOLDER` installs one')
  for (const each of installed) console.log(printable(lineOf(each)))
}

export function tellOfPreset(name: string, file: string | undefined): void {
  const options = optionsOf(file)
  const preset = installedOrFail('info', name, presetsFolder(options))
  for (const line of describePreset(preset, loadConfig(options), options.env)) console.log(printable(line))
}

/** Takes a preset away. */
export function deletePreset(name: string, file: string | undefined): void {
  const { directory, name: own } = installedOrFail('delete', name, presetsFolder(optionsOf(file)))
  removePreset(directory)
  console.log(`${own}: deleted (${directory})`)
  console.error(AFTERWARDS)
}

export interface InstallWishes {
  readonly name: string | undefined
  readonly set: readonly string[]
  readonly force: boolean
}

/** Installs a preset, or answers the questions of an installed one anew. Writes nothing if it could not be served. */
export function installPreset(source: string, wishes: InstallWishes, file: string | undefined): void {
  const options = optionsOf(file)
  const folder = presetsFolder(options)
  const { manifest, files, installed } = sourceOf(source, folder)
  const name = wishes.name ?? installed?.name ?? (asString(manifest['name'])?.trim() || basename(files ?? '.'))
  checkName('install', name)
  const before = installedPresets(folder).find((each) => each.name === name)
  const directory = before?.directory ?? join(folder, name)
  const isAnew = installed !== undefined && before?.directory === installed.directory
  if (!isAnew && !wishes.force && existsSync(directory))
    throw new Failure(
      `ccr preset install: there is a preset \`${name}\` already (${directory}): --force puts this one in its place, --name calls it something else`,
    )
  checkPlace('install', directory)
  const known = before && typeof before.manifest !== 'string' ? answersIn(before.manifest) : {}
  // Another manifest may lead to other hosts: no key goes there that was not meant for it.
  const kept = isAnew ? known : withoutSecrets(known, manifest)
  const terminal = openTerminal()
  let answers: JsonObject
  try {
    answers = answersTo(manifest, wishes.set, { ...answersIn(manifest), ...kept }, terminal)
  } finally {
    terminal?.close()
  }
  const whole: JsonObject = { ...manifest, name, ...(Object.keys(answers).length > 0 && { userValues: answers }) }
  const shared = loadConfig(options)
  const { problems, config } = resolvePreset(whole, shared.raw, options.env)
  const errors = problems.filter(isError).map(({ message }) => message)
  if (config.providers.length === 0) errors.push('it has no providers, and neither has the config')
  if (errors.length > 0)
    throw new Failure(
      `ccr preset install: ${name} could not be served, and is not installed:\n  ${errors.join('\n  ')}`,
    )
  const left = storePreset({ directory, manifest: whole, ...(files !== undefined && { files }) })
  console.log(`${name}: installed (${directory})`)
  console.log(`ANTHROPIC_BASE_URL=http://127.0.0.1:${shared.port}${pathOf(name)}`)
  for (const line of callsOf(config.providers)) console.log(printable(line))
  for (const path of left) console.error(`ccr: ${path} leads elsewhere, and is not taken along`)
  for (const { message, suggestion } of problems)
    console.error(printable(`ccr: ${message}${suggestion === undefined ? '' : ` (${suggestion})`}`))
  console.error(AFTERWARDS)
}

function withoutSecrets(answers: JsonObject, manifest: JsonObject): JsonObject {
  const open = new Set(questionsOf(manifest, answers).flatMap(({ id, isSecret }) => (isSecret ? [] : id)))
  return Object.fromEntries(Object.entries(answers).filter(([id]) => open.has(id)))
}

const AFTERWARDS = 'ccr: a service that runs knows of it when it is started anew: `ccr restart`'

export interface ExportWishes {
  readonly output?: string | undefined
  readonly description?: string | undefined
  readonly author?: string | undefined
  readonly tags?: string | undefined
  readonly version?: string | undefined
  readonly force?: boolean | undefined
}

/** Writes the config as a preset, without anything that is secret. */
export function exportPreset(name: string, wishes: ExportWishes, file: string | undefined): void {
  const options = optionsOf(file)
  checkName('export', name)
  // Says where a broken file is broken.
  loadConfig(options)
  const { config, schema } = shareOrFail(configFile(options))
  const directory = wishes.output === undefined ? join(presetsFolder(options), name) : resolve(wishes.output)
  if (existsSync(directory) && wishes.force !== true)
    throw new Failure(
      `ccr preset export: ${directory} is there already: --force replaces it, --output names another folder`,
    )
  checkPlace('export', directory)
  const keywords = wishes.tags
    ?.split(',')
    .map((tag) => tag.trim())
    .filter(Boolean)
  const manifest: JsonObject = {
    name,
    version: wishes.version ?? '1.0.0',
    ...(wishes.description !== undefined && { description: wishes.description }),
    ...(wishes.author !== undefined && { author: wishes.author }),
    ...(keywords && keywords.length > 0 && { keywords }),
    ...config,
    ...(schema.length > 0 && { schema: [...schema] }),
  }
  storePreset({ directory, manifest })
  console.log(`${name}: written to ${manifestFile(directory)}`)
  for (const { label, defaultValue } of schema)
    console.error(`ccr: ${String(label)} is asked for when it is installed, else read from ${String(defaultValue)}`)
}

function shareOrFail(file: string): ReturnType<typeof shareable> {
  if (!existsSync(file)) throw new Failure(`ccr preset export: there is no config to export (${file})`)
  const written = Bun.JSON5.parse(readFileSync(file, 'utf8')) as Json
  try {
    return shareable(isObject(written) ? written : {})
  } catch (error) {
    throw new Failure(`ccr preset export: ${(error as Error).message}`)
  }
}

interface Source {
  readonly manifest: JsonObject
  /** The folder whose other files belong to it. */
  readonly files?: string
  /** It is one that is installed. */
  readonly installed?: Installed
}

function sourceOf(source: string, folder: string): Source {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(source))
    throw new Failure(
      'ccr preset install: nothing is fetched from the network: download it, look at it, and install the folder',
    )
  const installed = /[/\\]/.test(source) ? undefined : installedPresets(folder).find(({ name }) => name === source)
  if (installed)
    return { manifest: readOrFail(manifestFile(installed.directory)), files: installed.directory, installed }
  const path = resolve(source)
  const found = statSync(path, { throwIfNoEntry: false })
  if (!found)
    throw new Failure(
      `ccr preset install: there is no folder and no installed preset \`${source}\`${nearest(source, folder)}`,
    )
  if (!found.isDirectory()) return { manifest: readOrFail(path) }
  return { manifest: readOrFail(manifestFile(path)), files: path }
}

function readOrFail(file: string): JsonObject {
  const manifest = readManifest(file)
  if (manifest === undefined) throw new Failure(`ccr preset install: there is no ${file}`)
  if (typeof manifest === 'string') throw new Failure(`ccr preset install: ${file} cannot be read: ${manifest}`)
  return manifest
}

function installedOrFail(command: string, name: string, folder: string): Installed {
  const installed = installedPresets(folder)
  // What it is called, else where it stands.
  const found =
    installed.find((each) => each.name === name) ?? installed.find(({ directory }) => basename(directory) === name)
  if (found) return found
  throw new Failure(`ccr preset ${command}: there is no preset \`${name}\`${nearest(name, folder)}`)
}

function nearest(name: string, folder: string): string {
  const near = didYouMean(
    name,
    installedPresets(folder).map((each) => each.name),
  )
  return near ? `; ${near}` : ' (`ccr preset list` lists those that are installed)'
}

function checkName(command: string, name: string): void {
  if (isPresetName(name) && !name.startsWith('.')) return
  throw new Failure(
    `ccr preset ${command}: \`${printable(name)}\` cannot be the name of a preset: it is a part of a path and of a URL`,
  )
}

/** What is no preset must not give way to one. */
function checkPlace(command: string, directory: string): void {
  if (!existsSync(directory) || existsSync(manifestFile(directory))) return
  throw new Failure(`ccr preset ${command}: ${directory} holds no preset, and is not replaced`)
}

function presetsFolder({ env, home }: LoadOptions): string {
  return join(configHome(env, home), 'presets')
}

function optionsOf(file: string | undefined): LoadOptions {
  return { env: process.env, home: homedir(), ...(file === undefined ? {} : { file }) }
}
