/** The English name of a country in lower case, as Tavily wants it; nothing for what it does not know by a plain name. */
export function countryName(code: string | undefined): string | undefined {
  if (code === undefined || !/^[a-z]{2}$/i.test(code)) return undefined
  const name = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'none' }).of(code.toUpperCase())
  // `ZZ` is nowhere.
  return name !== undefined && /^(?!unknown)[a-z ]+$/i.test(name) ? name.toLowerCase() : undefined
}
