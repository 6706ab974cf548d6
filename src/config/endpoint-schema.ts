import { Array as ArrayOf, Literal, Object as ObjectOf, Optional, String as StringOf, Union } from '@sinclair/typebox'
import { endpointTypes } from './endpoint-type.ts'
import { configSchema } from './schema.ts'

const {
  name: _name,
  api_base_url: _url,
  api_key: _key,
  catalog: _catalog,
  origin: _origin,
  parameters: _parameters,
  protocols: _protocols,
  endpoints: _endpoints,
  api_keys,
  ...shared
} = configSchema.properties.Providers.items.properties
const { Providers: _list, providers: _same, Router: _router, PORT, LOG_LEVEL, ...settings } = configSchema.properties

const types = Object.keys(endpointTypes)

const endpoint = ObjectOf(
  {
    name: StringOf({ description: 'The name that routes call it by.', minLength: 1 }),
    type: Union(
      types.map((type) => Literal(type)),
      {
        description: 'What it speaks; `custom` is OpenAI Chat Completions.',
        errorMessage: `expected one of ${types.join(', ')}`,
      },
    ),
    apiKey: Optional(
      StringOf({
        description: 'Its key. Write `$NAME` for a variable of the environment. Leave it out if none is needed.',
      }),
    ),
    apiKeys: api_keys,
    baseUrl: Optional(
      StringOf({
        description:
          "Its URL: the host, the part up to `/v1`, or the full endpoint. Default: that of the type's own vendor.",
      }),
    ),
    ...shared,
  },
  { description: 'Somebody who serves models.' },
)

/** The form with `endpoints`. What it does not name itself is set as in the other form. */
export const endpointSchema = ObjectOf({
  endpoints: ArrayOf(endpoint, {
    description: 'Whom to call.',
    errorMessage: 'expected a list of endpoints, `[{ "name": …, "type": …, "baseUrl": … }]`',
  }),
  defaultEndpoint: Optional(
    StringOf({ description: 'The endpoint of every request that names none; the model is asked for as it is.' }),
  ),
  port: PORT,
  logLevel: LOG_LEVEL,
  ...settings,
})
