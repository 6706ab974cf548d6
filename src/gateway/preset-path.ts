/** The preset that a path is below, `/preset/<name>/…`; `undefined`: none. */
export function presetOf(pathname: string): string | undefined {
  const name = PRESET.exec(pathname)?.[1]
  return name === undefined ? undefined : decoded(name)
}

/** The path without the preset that it is below. */
export function belowPreset(pathname: string): string {
  return pathname.replace(PRESET, '')
}

const PRESET = /^\/+preset\/+([^/]+)(?=\/)/

function decoded(name: string): string {
  try {
    return decodeURIComponent(name)
  } catch {
    // A bare percent sign: the name as it stands.
    return name
  }
}
