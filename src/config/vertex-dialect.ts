import { asString } from '../canonical/json.ts'
import type { ProtocolId } from '../canonical/native.ts'
import { fillRow } from '../provider/catalog/fill.ts'
import { rowNamed } from '../provider/catalog/index.ts'
import { isEndpointProblem, readEndpoint } from '../provider/endpoint.ts'
import type { DialectUse, Endpoint } from '../provider/provider.ts'
import type { Environment } from './interpolate.ts'

/** A name of CCR's that turns a provider into one of Google's cloud. */
interface VertexDialect {
  readonly protocol: ProtocolId
  /** Where CCR goes if GOOGLE_CLOUD_LOCATION does not say it. */
  readonly region: string
}

const vertexDialects: Readonly<Record<string, VertexDialect>> = {
  'vertex-gemini': { protocol: 'gemini', region: 'us-central1' },
  'vertex-claude': { protocol: 'anthropic-messages', region: 'us-east5' },
  'vertex-openai': { protocol: 'openai-chat', region: 'us-central1' },
}

/** The dialect among `dialects` that makes a provider one of Google's cloud. */
export function vertexDialectOf(dialects: readonly DialectUse[]): DialectUse | undefined {
  return dialects.find(({ name }) => vertexDialects[name.toLowerCase()] !== undefined)
}

/**
 * The endpoint that such a dialect means: project and region come from the environment, the host from the region, or from
 * the URL if that is not one of Google's own. `undefined`: no project is named. `vertex-openai` may name its service
 * account itself; then its URL is taken as it is.
 */
export function vertexEndpoint(use: DialectUse, written: string, env: Environment): Endpoint | undefined {
  const { protocol, region } = vertexDialects[use.name.toLowerCase()] ?? {}
  const row = rowNamed('vertex')
  const account = accountOf(use)
  const plain = protocol && readEndpoint(written, [], protocol)
  if (plain && !isEndpointProblem(plain) && /\/projects\/[^/]+\/locations\//.test(plain.baseUrl))
    return { ...plain, auth: 'google', ...account }
  const project = row?.parameters?.['project']?.variables?.map((name) => env[name]?.trim()).find(Boolean)
  if (!row || !project || region === undefined) return undefined
  const values = { project, region: env['GOOGLE_CLOUD_LOCATION']?.trim() || region }
  const host = URL.parse(written)
  const isGoogles = host !== null && /(^|\.|-)aiplatform\.googleapis\.com$/i.test(host.hostname)
  const credentials = env['GOOGLE_APPLICATION_CREDENTIALS']?.trim()
  const filling = { values: { ...values, ...(credentials && { credentials }) } }
  const { endpoints } = fillRow(row, host && !isGoogles ? { ...filling, origin: host.origin } : filling)
  const endpoint = endpoints.find((each) => each.protocol === protocol)
  if (!endpoint) return undefined
  const { serves: _, ...all } = endpoint
  return { ...all, ...account }
}

function accountOf({ options }: DialectUse): Pick<Endpoint, 'authOptions'> {
  const email = asString(options['client_email'])?.trim()
  const key = asString(options['private_key'])?.trim()
  return email && key ? { authOptions: { client_email: email, private_key: key } } : {}
}
