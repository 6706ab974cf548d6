import type { JsonObject } from '../canonical/json.ts'
import { asString } from '../canonical/json.ts'
import type { Provider } from '../provider/provider.ts'
import { findProvider } from '../router/model-name.ts'
import type { Routes } from '../router/route.ts'
import type { Problem } from './diagnostic.ts'
import { isError } from './diagnostic.ts'
import { DEFAULT_LONG_CONTEXT_THRESHOLD } from './routes.ts'
import { didYouMean } from './suggest.ts'

/**
 * The routes of a file with `endpoints`: all to `defaultEndpoint`, else to the first of them, with a warning if there are
 * several. A name that is none of theirs is an error, unless its entry has one of its own.
 */
export function readDefaultEndpoint(
  top: JsonObject,
  providers: readonly Provider[],
  problems: Problem[],
  hasOwnError: (name: string) => boolean,
): Routes {
  const written = asString(top['defaultEndpoint'])?.trim()
  const named = written ? findProvider(written, providers) : undefined
  const [first] = providers
  // Without a list of entries the schema has told already.
  const entries = Array.isArray(top['endpoints']) ? top['endpoints'].length : undefined
  if (entries === 0) problems.push(noEndpoint)
  else if (written && !named) {
    if (entries !== undefined && !hasOwnError(written)) problems.push(unknown(written, providers))
  } else if (written && named && named.name !== written) problems.push(caseDiffers(named.name))
  else if (!written && first && providers.length > 1 && !problems.some(isError)) problems.push(firstTaken(first.name))
  const chosen = written ? named : first
  return {
    targets: {},
    longContextThreshold: DEFAULT_LONG_CONTEXT_THRESHOLD,
    ...(chosen && { defaultProvider: chosen.name }),
  }
}

const noEndpoint: Problem = {
  severity: 'error',
  path: ['endpoints'],
  message: '`endpoints` is empty: nobody could answer',
  suggestion: 'add `{ "name": "anthropic", "type": "anthropic", "apiKey": "$ANTHROPIC_API_KEY" }`',
}

function unknown(written: string, providers: readonly Provider[]): Problem {
  const names = providers.map(({ name }) => name)
  return {
    severity: 'error',
    path: ['defaultEndpoint'],
    message: `\`defaultEndpoint\`: there is no endpoint \`${written}\``,
    suggestion: didYouMean(written, names) ?? `the endpoints are ${names.map((name) => `\`${name}\``).join(', ')}`,
  }
}

function caseDiffers(name: string): Problem {
  return {
    severity: 'warning',
    path: ['defaultEndpoint'],
    message: "`defaultEndpoint`: upper and lower case differ from the endpoint's entry",
    suggestion: `write \`${name}\``,
  }
}

function firstTaken(name: string): Problem {
  return {
    severity: 'warning',
    path: [],
    message: `\`defaultEndpoint\` is not set: the first endpoint, \`${name}\`, is the default`,
    suggestion: `write \`"defaultEndpoint": "${name}"\``,
  }
}
