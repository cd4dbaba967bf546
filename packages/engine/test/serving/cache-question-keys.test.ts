import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Datatype, datatypes, type NamedTensor, type TensorArrays, type TensorData } from '@millrace/runtime'
import * as fc from 'fast-check'
import { QuestionKeys } from '../../src/serving/cache/question-keys.ts'
import type { CachedQuestion } from '../../src/serving/cache/cached-question.ts'

const question: CachedQuestion = {
  model: 'ab',
  version: 'c',
  digest: 'd',
  inputs: [{ name: 'x', datatype: 'FP32', shape: [2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) }]
}

function tensor<Type extends Datatype>(datatype: Type, data: TensorArrays[Type], name = 'x'): NamedTensor {
  return { name, datatype, shape: [data.length], data }
}

function withInputs(...inputs: NamedTensor[]): CachedQuestion {
  return { ...question, inputs }
}

function assertDifferent(...questions: CachedQuestion[]): void {
  const keys = new QuestionKeys()
  assert.equal(new Set(questions.map(each => keys.key(each))).size, questions.length)
}

test('equal bytes of other shapes or types are other questions', () => {
  const [input] = question.inputs as [NamedTensor]
  const integers = new Int32Array((input.data as Float32Array).slice().buffer)
  assertDifferent(
    question,
    withInputs({ ...input, shape: [3, 2] }),
    withInputs({ ...input, shape: [6] }),
    withInputs({ ...input, shape: [6, 1] }),
    withInputs({ ...input, shape: [1, 2, 3] }),
    withInputs({ ...input, datatype: 'INT32', data: integers }),
    withInputs({ ...input, datatype: 'UINT32', data: new Uint32Array(integers.buffer) })
  )
  assertDifferent(
    withInputs(tensor('BOOL', Uint8Array.of(1, 0))),
    withInputs(tensor('UINT8', Uint8Array.of(1, 0))),
    withInputs(tensor('INT8', Int8Array.of(1, 0)))
  )
  assertDifferent(withInputs(tensor('UINT16', Uint16Array.of(1))), withInputs(tensor('FP16', Uint16Array.of(1))))
  const empty = [[0], [0, 1], [1, 0], [0, 2 ** 40]]
  assertDifferent(...empty.map(shape => withInputs({ ...input, shape, data: new Float32Array(0) })))
})

test('texts that follow one another cannot lend letters to each other', () => {
  assertDifferent(
    question,
    { ...question, model: 'a', version: 'bc' },
    { ...question, model: 'abc', version: '' },
    { ...question, version: '', digest: 'cd' },
    { ...question, digest: 'dx' }
  )
  const texts = [[], [''], ['', ''], ['ab'], ['a', 'b'], ['', 'ab'], ['ab', ''], ['a\0b'], ['b', 'a']]
  assertDifferent(...texts.map(each => withInputs(tensor('BYTES', each))))
  assertDifferent(withInputs(tensor('BYTES', ['y'], 'x')), withInputs(tensor('BYTES', [''], 'xy')))
})

test('any text is told from any other, halves of surrogate pairs and what UTF-8 makes of them among them', () => {
  const texts = ['\uD800', '\uDC00', '\uFFFD', '\uD800\uDC00', '\u00FF', 'ÿ\0', '\u0100', '\u0001\u0000', 'ï¿½']
  assertDifferent(...texts.map(each => withInputs(tensor('BYTES', [each]))))
  assertDifferent(...texts.map(model => ({ ...question, model })))
})

test('the bits of a number decide, not what it is equal to', () => {
  const bits = [0, 0x80000000, 0x7fc00000, 0x7fc00001, 0x7f800001, 0xffc00000, 0x7f800000]
  assertDifferent(...bits.map(each => withInputs(tensor('FP32', new Float32Array(Uint32Array.of(each).buffer)))))
  const long = [0n, 2n ** 63n, 0x7ff8000000000000n, 0x7ff0000000000001n, 2n ** 53n, 2n ** 53n + 1n]
  assertDifferent(...long.map(each => withInputs(tensor('FP64', new Float64Array(BigUint64Array.of(each).buffer)))))
  assertDifferent(...long.map(each => withInputs(tensor('UINT64', BigUint64Array.of(each)))))
})

test('all outputs are another wish than a list of them, whose order counts', () => {
  const wishes = [undefined, [], ['a'], ['b'], ['a', 'b'], ['b', 'a'], ['ab'], ['a', 'b', '']]
  assertDifferent(...wishes.map(outputs => ({ ...question, outputs })))
})

test('the names that features are given by are part of the question', () => {
  const names = [undefined, [], ['a', 'b'], ['b', 'a'], ['ab']]
  assertDifferent(...names.map(featureNames => ({ ...question, featureNames })), { ...question, outputs: ['ab'] })
})

test('inputs are known by their names, in any order', () => {
  const [a, b] = [tensor('FP64', Float64Array.of(1), 'a'), tensor('FP64', Float64Array.of(2), 'b')]
  const keys = new QuestionKeys()
  assert.equal(keys.key(withInputs(a, b)), keys.key(withInputs(b, a)))
  assertDifferent(withInputs(a, b), withInputs({ ...a, name: 'b' }, { ...b, name: 'a' }), withInputs(a), withInputs(b))
})

test('a question of more than 4 MiB has no key, and leaves nothing behind that the next one would have', () => {
  const keys = new QuestionKeys()
  const key = keys.key(question)
  const large = (bytes: number): CachedQuestion => withInputs(tensor('UINT8', new Uint8Array(bytes)))
  assert.equal(keys.key(large(2 ** 22)), undefined)
  assert.notEqual(keys.key(large(2 ** 22 - 200)), undefined)
  assert.equal(keys.key(withInputs(tensor('BYTES', ['x'.repeat(2 ** 21), 'y'.repeat(2 ** 21)]))), undefined)
  assert.equal(keys.key(question), key)
  assert.equal(new QuestionKeys().key(question), key)
})

const text = fc.oneof(
  fc.constantFrom('', 'a', 'b', 'ab', 'x', '\0', '\uD800', '\uFFFD', 'é'),
  fc.string({ unit: fc.nat(0xffff).map(code => String.fromCharCode(code)), maxLength: 3 })
)
const size = fc.integer({ min: 0, max: 3 })
/** Few values, so that many questions differ in one thing only. */
const element = fc.constantFrom(0, 1, 2, 255)

function dataOf(datatype: Datatype, elements: readonly number[]): TensorData {
  switch (datatype) {
    case 'BYTES':
      return elements.map(String)
    case 'INT64':
      return BigInt64Array.from(elements, BigInt)
    case 'UINT64':
      return BigUint64Array.from(elements, BigInt)
    case 'FP32':
      return Float32Array.from(elements)
    case 'FP64':
      return Float64Array.from(elements)
    case 'INT32':
      return Int32Array.from(elements)
    case 'UINT32':
      return Uint32Array.from(elements)
    case 'INT16':
      return Int16Array.from(elements)
    case 'UINT16':
    case 'FP16':
      return Uint16Array.from(elements)
    case 'INT8':
      return Int8Array.from(elements)
    case 'BOOL':
    case 'UINT8':
      return Uint8Array.from(elements)
  }
}

const someTensor = fc
  .record({ name: text, datatype: fc.constantFrom(...datatypes), shape: fc.array(size, { maxLength: 3 }) })
  .chain(({ name, datatype, shape }) => {
    const length = shape.reduce((product, each) => product * each, 1)
    const elements = fc.array(element, { minLength: length, maxLength: length })
    return elements.map(each => ({ name, datatype, shape, data: dataOf(datatype, each) }))
  })
const someQuestion: fc.Arbitrary<CachedQuestion> = fc.record({
  model: text,
  version: text,
  digest: text,
  inputs: fc.uniqueArray(someTensor, { selector: ({ name }) => name, maxLength: 3 }),
  outputs: fc.option(fc.array(text, { maxLength: 2 }), { nil: undefined }),
  featureNames: fc.option(fc.array(text, { maxLength: 2 }), { nil: undefined })
})

/** A question with one part of another. */
const likeAnother = fc
  .tuple(someQuestion, someQuestion, fc.constantFrom('model', 'version', 'digest', 'inputs', 'outputs', 'featureNames'))
  .map(([one, other, part]) => [one, { ...one, [part]: other[part as keyof CachedQuestion] }] as const)

/** All of a question as a text that says what is equal, in no way that is like the keys'. */
function plain({ model, version, digest, inputs, outputs, featureNames }: CachedQuestion): string {
  const tensors = inputs.map(({ name, datatype, shape, data }) => {
    if (!ArrayBuffer.isView(data)) return { name, datatype, shape, elements: data }
    return {
      name,
      datatype,
      shape,
      elements: Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex')
    }
  })
  const byName = tensors.toSorted((one, other) => (one.name < other.name ? -1 : 1))
  return JSON.stringify([model, version, digest, byName, outputs ?? 'all', featureNames ?? 'none'])
}

test('two questions share a key if and only if they are equal in every part', () => {
  const keys = new QuestionKeys()
  fc.assert(
    fc.property(fc.oneof(likeAnother, fc.tuple(someQuestion, someQuestion)), ([one, other]) => {
      assert.equal(keys.key(one) === keys.key(other), plain(one) === plain(other))
      assert.equal(keys.key(one), new QuestionKeys().key(structuredClone(one)))
    }),
    { numRuns: 2000 }
  )
})
