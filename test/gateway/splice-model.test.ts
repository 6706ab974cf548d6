import { describe, expect, test } from 'bun:test'
import fc from 'fast-check'
import { spliceModel } from '../../src/gateway/splice-model.ts'

describe('the model is replaced in the bytes of the client', () => {
  test.each([
    ['{"model":"a","x":1}', '{"model":"new","x":1}'],
    ['{"x":{"model":"inner"},"model":"a"}', '{"x":{"model":"inner"},"model":"new"}'],
    [
      '  { "x" : [1, {"model":"inner"}, "]"] , "model" : "a" }  ',
      '  { "x" : [1, {"model":"inner"}, "]"] , "model" : "new" }  ',
    ],
    ['{"x":"\\"model\\":\\\\","model":"a"}', '{"x":"\\"model\\":\\\\","model":"new"}'],
    ['{"\\u006dodel":"a","n":1.0}', '{"\\u006dodel":"new","n":1.0}'],
    ['{"n":-1.5e3,"t":true,"z":null,"model":null,"s":false}', '{"n":-1.5e3,"t":true,"z":null,"model":"new","s":false}'],
    ['{"model":7}', '{"model":"new"}'],
    ['{"a":[],"b":{},"c":"","model":["a,b"]}', '{"a":[],"b":{},"c":"","model":"new"}'],
  ])('%s', (text, expected) => {
    expect(spliceModel(text, 'new')).toBe(expected)
  })

  test('a quote in the new name is escaped', () => {
    expect(JSON.parse(spliceModel('{"model":"a"}', 'say "x"'))).toEqual({ model: 'say "x"' })
  })

  test.each([
    ['{"model":"a","x":1}', '{"model":"new","x":1}'],
    ['{ "max": 1, "model" :\t"a \\"b\\" \\\\" , "x": "m" }', '{ "max": 1, "model" :\t"new" , "x": "m" }'],
    ['{"x":{"model":"a"},"model":"a"}', '{"x":{"model":"a"},"model":"new"}'],
    ['{"model":"a","x":{"model":"a"}}', '{"model":"new","x":{"model":"a"}}'],
    ['{"x\\"model":1,"model":"a"}', '{"x\\"model":1,"model":"new"}'],
    ['{"x":["model","\\"model"],"model":"model"}', '{"x":["model","\\"model"],"model":"new"}'],
    ['{"\\u006d\\u006F\\u0064\\u0065\\u006C":"a"}', '{"\\u006d\\u006F\\u0064\\u0065\\u006C":"new"}'],
    ['{"x":{"model":"b"},"mod\\u0065l":"a"}', '{"x":{"model":"b"},"mod\\u0065l":"new"}'],
    ['{"m":"\\"model\\":\\"b\\"","model":"a"}', '{"m":"\\"model\\":\\"b\\"","model":"new"}'],
  ])('the same where it is known what the text says: %s', (text, expected) => {
    expect(spliceModel(text, 'new', JSON.parse(text))).toBe(expected)
  })

  test.each([
    '{"model":"a","model":"b"}',
    '{"model":"a","\\u006dodel":"b"}',
    '{"model":{},"model":"b"}',
    '{"\\u006dodel":"a","model":"a"}',
  ])('a second model key is refused: %s', (text) => {
    expect(() => spliceModel(text, 'new')).toThrow('twice')
    expect(() => spliceModel(text, 'new', JSON.parse(text))).toThrow('twice')
  })

  test('no model key is refused', () => {
    expect(() => spliceModel('{"x":{"model":"a"}}', 'new')).toThrow('required')
  })

  test('any JSON object keeps all but its model', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.nat(2), (object, indent) => {
        const { model: _, ...rest } = object
        const text = JSON.stringify({ ...rest, model: 'old' }, null, indent)
        expect(JSON.parse(spliceModel(text, 'new'))).toEqual(JSON.parse(JSON.stringify({ ...rest, model: 'new' })))
        expect(spliceModel(text, 'new', JSON.parse(text))).toBe(spliceModel(text, 'new'))
      }),
    )
  })
})
