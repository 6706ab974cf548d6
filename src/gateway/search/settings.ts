/** Who searches the web for models that cannot. */
export interface WebSearchSettings {
  readonly backend: SearchBackendName
  /** Without a slash at the end. */
  readonly baseUrl: string
  readonly apiKey?: string
  /** How many pages a search shall give. */
  readonly maxResults: number
  /** How long a search may take. */
  readonly timeoutMs: number
  /** URL of an HTTP proxy, or `false` for none. */
  readonly proxy: string | false
  /** Certificates (PEM) of authorities to trust besides those that the machine trusts. */
  readonly ca?: string
}

/** The search engines whose interfaces are known. */
export const SEARCH_BACKENDS = ['tavily', 'brave', 'searxng'] as const
export type SearchBackendName = (typeof SEARCH_BACKENDS)[number]
