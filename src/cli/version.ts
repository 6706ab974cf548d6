declare const CCR_VERSION: string | undefined

/** The version of this executable; `dev` when it runs from its sources. Set by build.ts. */
export const version = typeof CCR_VERSION === 'string' ? CCR_VERSION : 'dev'
