/** Whether `key` is what examples write where a real key belongs. Blank counts, too. */
export function isPlaceholderKey(key: string): boolean {
  const text = key.trim().slice(0, LONGEST)
  return placeholders.some((pattern) => pattern.test(text))
}

/** What is the same up to here is as good as the same; the patterns take their time over longer texts. */
const LONGEST = 80

const placeholders = [
  /^$/,
  // Nothing but dots, stars and x's behind at most a vendor's prefix: `…`, `***`, `sk-xxx`, `sk-ant-...`
  /^((sk|pk|key|api|gsk|xai|aiza|ant|or|v1|proj)[-_]?)*[x*.…•_-]+$/i,
  // Words behind a vendor's prefix: `sk-your-key`
  /^((sk|pk|gsk|xai)[-_])+((ant|or|v1|proj)[-_])*(xx+|your|my|here|test|placeholder|example|key|token|api)[-_ a-z]*$/i,
  /^<.*>$/,
  /^\[.*\]$/,
  /^\{\{.*\}\}$/,
  /^your[-_ a-z]*$/i,
  /^(my|insert|enter|put|paste|add|replace|change)[-_ ][-_ a-z]*(key|token|secret|here|me)$/i,
  /^(replace|change)[-_ ]?me$/i,
  /^([a-z]+[-_ ])*api[-_ ]?key([-_ ]here)?$/i,
  /^(placeholder|todo|tbd|none|null|undefined|example|dummy|token|key|secret|api[-_ ]?token)$/i,
  /你自己|你的|您的|填入|填写|替换|あなたの/,
]
