import { expect, test } from 'bun:test'
import { isExempt } from '../../src/config/no-proxy.ts'

test.each<[list: string, exempt: readonly string[], others: readonly string[]]>([
  ['llm.corp', ['https://llm.corp', 'https://eu.llm.corp', 'https://llm.corp.'], ['https://allm.corp']],
  ['llm.corp.', ['https://llm.corp', 'https://eu.llm.corp'], ['https://llm.corp.example']],
  ['*.llm.corp', ['https://llm.corp', 'https://eu.llm.corp'], ['https://allm.corp']],
  ['LLM.corp:443', ['https://llm.corp'], ['https://llm.corp:8443', 'http://llm.corp']],
  ['a; b\tc', ['http://a', 'http://b', 'http://c'], ['http://d']],
  ['10.*', ['http://10.1.2.3'], ['http://110.1.2.3', 'http://9.10.2.3']],
  ['192.168.*.7:8080', ['http://192.168.3.7:8080'], ['http://192.168.3.7', 'http://192.168.3.70:8080']],
  ['llm*.corp', ['http://llm.corp', 'http://llm-2.corp'], ['http://llm.corps', 'http://my-llm.corp']],
  ['llm.(corp|x)*', [], ['http://llm.corp']],
  ['10.0.0.0/8', ['http://10.1.2.3'], ['http://11.1.2.3', 'http://[::a01:203]']],
  ['fd00::/8,[fe80::1]:80', ['http://[fd12::1]', 'http://[fe80::1]'], ['http://[fe80::2]', 'https://[fe80::1]']],
])('NO_PROXY=%s', (list, exempt, others) => {
  const named = (url: string): boolean => isExempt(new URL(url), { NO_PROXY: list })
  expect(exempt.filter((url) => !named(url))).toEqual([])
  expect(others.filter(named)).toEqual([])
})
