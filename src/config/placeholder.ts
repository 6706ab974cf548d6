/** Whether `key` is what examples write where a real key belongs. Blank counts, too. */
export function isPlaceholderKey(key: string): boolean {
  const text = key.trim()
  return placeholders.some((pattern) => pattern.test(text))
}

const placeholders = [
  /^$/,
  // Dots, dashes, stars and x's with at most a vendor's prefix before them: `…`, `***`, `sk-xxx`, `sk-ant-...`
  /^((sk|pk|key|api|gsk|xai|aiza|ant|or|v1|proj)[-_]?)*([x*.…•_-]+)$/i,
  /^((sk|pk|gsk|xai)[-_])+(ant[-_]|or[-_]|v1[-_]|proj[-_])*(xx+|your|my|here|test|placeholder|example|key|token|api)([-_ ]?[a-z]*)*$/i,
  /^<.*>$/,
  /^\[.*\]$/,
  /^\{\{.*\}\}$/,
  /^(your|my|insert|enter|put|paste|add|replace)[-_ ]?(own[-_ ])?([a-z]+[-_ ])*[a-z]*$/i,
  /^([a-z]+[-_ ])*api[-_ ]?key([-_ ]here)?$/i,
  /^(change[-_ ]?me|placeholder|todo|tbd|none|null|undefined|example|dummy|token|key|secret|api[-_ ]?token)$/i,
  /(你自己|你的|您的|填入|填写|替换|あなたの)/,
]
