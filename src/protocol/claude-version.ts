/** Whether a model's id, in any host's spelling, is that of a Claude from 4.5 on. */
export function isSince45(model: string): boolean {
  return /claude-(?:[a-z]+-(?:4[.-][5-9]|4[.-]\d\d(?!\d)|[5-9](?!\d)))/i.test(model)
}
