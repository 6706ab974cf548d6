import type { Json, JsonObject } from '../../canonical/json.ts'
import { isObject } from '../../canonical/json.ts'
import { questionIds, questionsOf, type Question } from '../../config/preset/question.ts'
import { didYouMean } from '../../config/suggest.ts'
import { Failure } from '../failure.ts'
import { printable } from '../printable.ts'
import type { Terminal } from '../terminal.ts'

/**
 * The answers to a manifest's questions: what was given as `NAME=VALUE`, else what a person says, else what was answered
 * before, else the default. Throws a `Failure` that names all that is missing or wrong.
 */
export function answersTo(
  manifest: JsonObject,
  given: readonly string[],
  before: JsonObject,
  terminal: Terminal | undefined,
): JsonObject {
  const told = new Map(given.map(pairOf))
  checkNames(told.keys(), manifest)
  const answers: JsonObject = { ...before }
  for (const [name, text] of told) if (isPath(name)) answers[name] = text
  const missing: Question[] = []
  const asked = new Set<string>()
  // An answer may bring further questions.
  for (;;) {
    const question = questionsOf(manifest, answers).find(({ id }) => !asked.has(id))
    if (!question) break
    asked.add(question.id)
    const text = told.get(question.id)
    if (text !== undefined) answers[question.id] = readOrFail(question, text)
    else if (terminal) {
      const answer = ask(question, answers[question.id], terminal)
      if (answer !== undefined) answers[question.id] = answer
    } else if (answers[question.id] === undefined && question.defaultValue === undefined && question.isRequired)
      missing.push(question)
  }
  if (missing.length > 0) throw new Failure(whatIsMissing(missing))
  return answers
}

/** What was answered when the preset was installed. */
export function answersIn(manifest: JsonObject): JsonObject {
  const values = manifest['userValues']
  return isObject(values) ? values : {}
}

function pairOf(pair: string): [string, string] {
  const [, name, value] = /^([^=]+)=([^]*)$/.exec(pair) ?? []
  if (name === undefined || value === undefined) throw new Failure('ccr preset install: --set takes NAME=VALUE')
  return [name.trim(), value]
}

function checkNames(names: Iterable<string>, manifest: JsonObject): void {
  const ids = questionIds(manifest)
  for (const name of names) {
    if (ids.includes(name) || isPath(name)) continue
    const known = ids.length > 0 ? `it asks for ${ids.join(', ')}` : 'it asks for nothing'
    const why = didYouMean(name, ids) ?? known
    throw new Failure(`ccr preset install: the preset does not ask for \`${name}\`: ${why}`)
  }
}

/** A place in the config, `Providers[0].api_key`. */
function isPath(name: string): boolean {
  return /[.[]/.test(name)
}

function readOrFail(question: Question, text: string): Json {
  try {
    return question.read(text)
  } catch (error) {
    throw new Failure(`ccr preset install: ${question.id}: ${(error as Error).message}`)
  }
}

function ask(question: Question, before: Json | undefined, terminal: Terminal): Json | undefined {
  const { id, label, options, isSecret, isRequired, defaultValue } = question
  const known = before ?? defaultValue
  terminal.say(`\n${printable(label)}`)
  options?.forEach((option, index) => terminal.say(`  ${index + 1}  ${printable(option.label)}`))
  const shown = isSecret && before !== undefined ? 'as it is' : JSON.stringify(known)
  for (;;) {
    const text = terminal.ask(`${id}${known === undefined ? '' : ` (Enter: ${shown})`}: `, isSecret)
    if (text === '' && (known !== undefined || !isRequired)) return before
    try {
      if (text !== '') return question.read(text)
    } catch (error) {
      terminal.say((error as Error).message)
    }
  }
}

function whatIsMissing(questions: readonly Question[]): string {
  const lines = questions.map(({ id, label, isSecret }) => {
    const example = isSecret ? `'$${id.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}'` : '…'
    return printable(`  --set ${id}=${example}${label === id ? '' : `   ${label}`}`)
  })
  return [
    'ccr preset install: the preset asks for more; say it at a terminal, or with',
    ...lines,
    '(`$NAME` stands for a variable of the environment; quote it, so that your shell leaves it as it is)',
  ].join('\n')
}
