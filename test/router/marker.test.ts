import { describe, expect, test } from 'bun:test'
import type { Native } from '../../src/canonical/native.ts'
import type { Message, ModelRequest, Part, TextPart } from '../../src/canonical/request.ts'
import { markersIn, withoutMarkers } from '../../src/router/marker.ts'
import { selectFor, requestWith, target } from './request.ts'

const mark = (model: string): string => `<CCR-SUBAGENT-MODEL>${model}</CCR-SUBAGENT-MODEL>`
const text = (value: string): Part => ({ type: 'text', text: value })
const user = (...parts: Part[]): Message => ({ role: 'user', parts })
const assistant: Message = { role: 'assistant', parts: [text(mark('not,this'))] }
const system = (value: string): ModelRequest['system'] => [{ type: 'text', text: value }]

test.each<[string, Partial<ModelRequest>, string[]]>([
  ['at the start of the system prompt', { system: system(`${mark('a,b')}You are`) }, ['a,b']],
  ['in its midst, with spaces', { system: system(`You\n${mark(' a,b\n')}\nare`) }, ['a,b']],
  ['in a message before the first answer', { messages: [user(text('x')), user(text(mark('a,b')))] }, ['a,b']],
  [
    'in a late system message',
    { messages: [user(text('x')), assistant, { role: 'system', parts: [text(mark('a,b'))] }] },
    ['a,b'],
  ],
  ['twice', { system: system(mark('a,b') + mark('c,d')) }, ['a,b', 'c,d']],
  ['not in a later prompt', { messages: [user(text('x')), assistant, user(text(mark('a,b')))] }, []],
  ['not without its end', { system: system('<CCR-SUBAGENT-MODEL>a,b') }, []],
  ['not empty', { system: system(mark('')) }, []],
  ['not around other tags', { system: system(mark('<b>')) }, []],
  ['after a reminder has ended', { system: system(`<system-reminder>x</system-reminder>${mark('a,b')}`) }, ['a,b']],
])('a marker counts %s', (_name, change, found) => {
  expect(markersIn(requestWith(change))).toEqual(found)
})

describe('removing', () => {
  const all = (): boolean => true

  test('leaves the text around it, its cache mark and its residue', () => {
    const native: Native = { protocol: 'anthropic-messages', rest: { citations: [] } }
    const part: TextPart = { type: 'text', text: `One ${mark('a,b')}\ntwo`, cache: { ttl: '1h' }, native }
    const edited = withoutMarkers(requestWith({ system: [part] }), all)
    expect(edited.system).toEqual([{ ...part, text: 'One two' }])
  })

  test('takes a text along that held nothing else, but never the last of a message', () => {
    const request = requestWith({ messages: [user(text(mark('a,b')), text('go')), user(text(mark('a,b')))] })
    expect(withoutMarkers(request, all).messages).toEqual([user(text('go')), user(text(mark('a,b')))])
  })

  test('leaves an empty text that was empty before', () => {
    const request = requestWith({ messages: [user(text(''), text(`${mark('a,b')}go`))] })
    expect(withoutMarkers(request, all).messages).toEqual([user(text(''), text('go'))])
  })

  test('touches nothing else: quoted ones, tool results, later turns are the very same', () => {
    const result: Part = { type: 'tool-result', id: 't', content: [{ type: 'text', text: mark('a,b') }] }
    const quoted = user(text(`\`${mark('a,b')}\``), result)
    const later = user(text(mark('a,b')))
    const request = requestWith({ system: system(mark('a,b') + 'x'), messages: [quoted, assistant, later] })
    const edited = withoutMarkers(request, all)
    expect(edited.system).toEqual(system('x'))
    expect(edited.messages).toEqual([quoted, assistant, later])
    expect(edited.messages[2]).toBe(later)
  })

  const routing = {
    providers: [{ name: 'p', models: ['m'] }],
    routes: { targets: { default: target('p,m') }, longContextThreshold: 60_000 },
  }

  test('happens whichever rule decides, and only where there is a marker', () => {
    expect(selectFor({ system: system(`${mark('P,M')}x`), model: 'p,other' }, routing).edited?.system).toEqual(
      system('x'),
    )
    expect(selectFor({ system: system('x') }, routing).edited).toBeUndefined()
  })

  test('leaves a marker that names nobody: it may be prose', () => {
    const selection = selectFor({ system: system(`${mark('provider,model')}${mark('p,m')}x`) }, routing)
    expect(selection.edited?.system).toEqual(system(`${mark('provider,model')}x`))
    expect(selectFor({ system: system(mark('provider,model')) }, routing).edited).toBeUndefined()
  })
})

test.each([
  ['unclosed tags', '<CCR-SUBAGENT-MODEL>'.repeat(50_000)],
  ['markers', mark('a,b').repeat(20_000)],
  ['open reminders', '<system-reminder>'.repeat(50_000) + mark('a,b')],
])('a megabyte of %s is read in no time', (_name, value) => {
  const request = requestWith({ system: system(value) })
  const started = performance.now()
  markersIn(request)
  withoutMarkers(request, () => true)
  expect(performance.now() - started).toBeLessThan(200)
})
