import type { FoundPage, SearchWish } from '../../protocol/search-codec.ts'

/** The pages that the client wants to see: not every engine keeps to what it is told of domains. */
export function inDomains(pages: readonly FoundPage[], wish: SearchWish): FoundPage[] {
  const { allowedDomains, blockedDomains } = wish
  return pages.filter(({ url }) => {
    const isAllowed = allowedDomains.length === 0 || allowedDomains.some((domain) => isWithin(url, domain))
    return isAllowed && !blockedDomains.some((domain) => isWithin(url, domain))
  })
}

/** Whether a page is of a domain, of one below it, or below its path. */
function isWithin(url: string, domain: string): boolean {
  const place = URL.parse(/^https?:\/\//i.test(domain) ? domain : `https://${domain}`)
  const page = URL.parse(url)
  if (!place || !page) return false
  const host = place.hostname.replace(/^www[.]/, '')
  const isHost = page.hostname === host || page.hostname.endsWith(`.${host}`)
  return isHost && page.pathname.startsWith(place.pathname)
}
