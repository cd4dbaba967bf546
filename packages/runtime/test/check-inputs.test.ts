import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { inputCheck } from '../src/check-inputs.ts'
import type { NamedTensor, TensorSpec } from '../src/index.ts'

const specs: TensorSpec[] = [
  { name: 'x', datatype: 'FP32', shape: [-1, 2] },
  { name: 'words', datatype: 'BYTES', shape: [-1] }
]
const check = inputCheck(specs, 'm version 1')
const x: NamedTensor = { name: 'x', datatype: 'FP32', shape: [1, 2], data: Float32Array.of(1, 2) }
const words: NamedTensor = { name: 'words', datatype: 'BYTES', shape: [1], data: ['a'] }

const refusal = (message: string): object => ({ name: 'MillraceError', code: 'MILL_INPUT_INVALID', message })

test('inputs come out in the order of the model', () => assert.deepEqual(check([words, x]), [x, words]))

describe('refused, in the words of Triton', () => {
  const cases: [string, NamedTensor[], string][] = [
    [
      'a dimension of another size',
      [{ ...x, shape: [1, 9], data: new Float32Array(9) }, words],
      "unexpected shape for input 'x' for model 'm version 1'. Expected [-1,2], got [1,9]"
    ],
    [
      'another rank',
      [{ ...x, shape: [2] }, words],
      "unexpected shape for input 'x' for model 'm version 1'. Expected [-1,2], got [2]"
    ],
    ['an unknown name', [x, { ...words, name: 'y' }], "unexpected inference input 'y' for model 'm version 1'"],
    ['a missing input', [x], "expected 2 inputs but got 1 inputs for model 'm version 1'. Missing 'words'"],
    ['no input', [], "expected 2 inputs but got 0 inputs for model 'm version 1'. Missing 'x', 'words'"],
    ['an input given twice', [x, x], "input 'x' is given twice for model 'm version 1'"],
    [
      'another type',
      [{ ...x, datatype: 'FP64', data: new Float64Array(2) }, words],
      "inference input 'x' data-type is 'FP64', but 'm version 1' data-type for model is FP32"
    ]
  ]
  for (const [what, inputs, message] of cases) {
    test(what, () => assert.throws(() => check(inputs), refusal(message)))
  }
})

describe('refused, because the library would read something else', () => {
  const cases: [string, NamedTensor, RegExp][] = [
    [
      'fewer elements than the shape has',
      { ...x, shape: [2, 2] },
      /^input 'x' .* has 2 elements, but shape \[2,2\] has 4$/
    ],
    [
      'an array of another type',
      { ...x, data: new Float64Array(2) },
      /must hold its FP32 elements in the array of that type/
    ],
    ['a size that is no whole number', { ...x, shape: [0.5, 2], data: new Float32Array(1) }, /got \[0\.5,2\]/],
    ['a negative size', { ...x, shape: [-1, 2] }, /got \[-1,2\]/],
    ['a text with a NUL', { ...words, data: ['he\0llo'] }, /element 0 holds a NUL character/],
    ['half a surrogate pair', { ...words, data: ['\ud800'] }, /element 0 is not valid Unicode/]
  ]
  for (const [what, input, message] of cases) {
    test(what, () => {
      const inputs = [x, words].map(valid => (valid.name === input.name ? input : valid))
      assert.throws(() => check(inputs), { code: 'MILL_INPUT_INVALID', message })
    })
  }
})

test('an empty dimension is a size like any other', () => {
  const empty = { ...x, shape: [0, 2], data: new Float32Array() }
  assert.deepEqual(check([empty, words])[0], empty)
})
