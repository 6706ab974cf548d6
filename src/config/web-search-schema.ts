import { Literal, Object as ObjectOf, Optional, Union } from '@sinclair/typebox'
import { SEARCH_BACKENDS } from '../gateway/search/settings.ts'
import { count, text } from './schema-parts.ts'

/** Who searches the web for models that cannot. */
export const webSearchSchema = Optional(
  ObjectOf(
    {
      backend: Union(
        SEARCH_BACKENDS.map((name) => Literal(name)),
        { description: 'The search engine.', errorMessage: `expected one of ${SEARCH_BACKENDS.join(', ')}` },
      ),
      api_key: text(
        'Its key. Write `$NAME` for a variable of the environment. Default: TAVILY_API_KEY or BRAVE_API_KEY; SearXNG needs none.',
      ),
      base_url: text('Its URL. Needed for SearXNG; default: that of Tavily or Brave.'),
      max_results: count('How many pages a search gives. Default 5.', 'expected a number from 1 to 20', {
        minimum: 1,
        maximum: 20,
      }),
      timeout_ms: count(
        'How long a search may take, in milliseconds. Default 10000.',
        'expected a number of milliseconds',
        {
          minimum: 1,
        },
      ),
    },
    {
      additionalProperties: false,
      description: 'A search engine that searches the web for models that have no search of their own. Default: none.',
      errorMessage: 'expected an object `{ "backend": "tavily", "api_key": "$TAVILY_API_KEY" }`',
    },
  ),
)
