import type { Json } from '../canonical/json.ts'
import { isObject } from '../canonical/json.ts'
import { dialectNames, dialectStatus, missingOption } from '../provider/dialect.ts'
import type { DialectUse } from '../provider/provider.ts'
import type { Problem } from './diagnostic.ts'
import type { PathStep } from './place.ts'
import { pathText } from './place.ts'
import { didYouMean } from './suggest.ts'

/** A `transformer` section, where it stands and whose it is. */
export interface TransformerSection {
  readonly value: Json | undefined
  readonly path: readonly PathStep[]
  readonly provider: string
  readonly models: readonly string[]
}

/** The accents of a provider and of its models. */
export interface Transformer {
  readonly dialects: readonly DialectUse[]
  readonly modelDialects: Readonly<Record<string, readonly DialectUse[]>>
}

/**
 * The dialects that a `transformer` section names. Names that are not served, or do not exist, are kept and told as
 * warnings; `hasPlugins`: they may belong to a module of the user, so that this is told when those have been loaded.
 */
export function readTransformer(section: TransformerSection, hasPlugins: boolean, problems: Problem[]): Transformer {
  const { value, path } = section
  if (!isObject(value)) return { dialects: [], modelDialects: {} }
  const read = (list: Json | undefined, where: readonly PathStep[]): DialectUse[] =>
    (Array.isArray(list) ? list : []).flatMap((item, index) => {
      const use = readUse(item)
      for (const found of use ? oddities(use, hasPlugins) : [])
        problems.push(warning(section, [...where, index], found))
      return use ?? []
    })
  const models = Object.keys(value).filter((key) => key !== 'use')
  for (const model of models) warnUnlisted(section, model, problems)
  const modelDialects = models.map((model) => {
    const ofModel = value[model]
    return [model, read(isObject(ofModel) ? ofModel['use'] : undefined, [...path, model, 'use'])] as const
  })
  return { dialects: read(value['use'], [...path, 'use']), modelDialects: Object.fromEntries(modelDialects) }
}

function readUse(item: Json): DialectUse | undefined {
  const [name, options] = Array.isArray(item) ? item : [item]
  return typeof name === 'string' ? { name: name.trim(), options: isObject(options) ? options : {} } : undefined
}

interface Oddity {
  readonly message: string
  readonly suggestion?: string | undefined
}

function oddities(use: DialectUse, hasPlugins: boolean): Oddity[] {
  const { name } = use
  const option = missingOption(use)
  const ofOption = {
    message: `the dialect \`${name}\` does nothing without the option \`${option}\``,
    suggestion: `write \`["${name}", { "${option}": … }]\``,
  }
  return [...oddName(name, hasPlugins), ...(option === undefined ? [] : [ofOption])]
}

function oddName(name: string, hasPlugins: boolean): Oddity[] {
  const known = dialectStatus(name)
  if (hasPlugins && known.status !== 'served') return []
  if (known.status === 'unknown') {
    return [
      {
        message: `the dialect \`${name}\` is not known: calls that need it fail`,
        suggestion: didYouMean(name, dialectNames()),
      },
    ]
  }
  if (known.status === 'unserved')
    return [{ message: `the dialect \`${known.exact}\` is not served yet: calls that need it fail` }]
  if (known.exact === name) return []
  return [
    { message: `the dialect \`${name}\` is taken for \`${known.exact}\``, suggestion: `write \`${known.exact}\`` },
  ]
}

function warning(
  { provider }: TransformerSection,
  path: readonly PathStep[],
  { message, suggestion }: Oddity,
): Problem {
  const told = `provider \`${provider}\`: ${message}`
  return { severity: 'warning', path, message: told, ...(suggestion ? { suggestion } : {}) }
}

/** Dialects of a model that the entry does not list may be a slip. */
function warnUnlisted({ path, models }: TransformerSection, model: string, problems: Problem[]): void {
  if (models.length === 0 || models.includes(model)) return
  const where = [...path, model]
  const message = `\`${pathText(where)}\`: \`models\` does not list this model`
  const suggestion = didYouMean(model, models)
  problems.push({ severity: 'warning', path: where, atKey: true, message, ...(suggestion ? { suggestion } : {}) })
}
