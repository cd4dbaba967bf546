import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Datatype, NamedTensor, TensorData } from '@millrace/runtime'
import { compareOutputs } from '../../../src/experiments/shadow/compare-outputs.ts'

const tolerances = { absoluteTolerance: 0.125, relativeTolerance: 0 }

function tensor(name: string, datatype: Datatype, shape: readonly number[], data: TensorData): NamedTensor {
  return { name, datatype, shape, data }
}

const floats = (name: string, ...values: number[]): NamedTensor =>
  tensor(name, 'FP64', [values.length], Float64Array.from(values))

const probabilities = (...values: number[]): NamedTensor => tensor('p', 'FP32', [2, 2], Float32Array.from(values))

const half = (...bits: number[]): NamedTensor => tensor('y', 'FP16', [bits.length], Uint16Array.from(bits))

test('differences of numbers are counted, those within the tolerance as none', () => {
  // |1-1.125| = 0.125 is within, |2-2.5| = 0.5 and |4-4| = 0; the sum is 0.625.
  const compared = compareOutputs([floats('y', 1, 2, 4)], [floats('y', 1.125, 2.5, 4)], tolerances)
  assert.deepEqual(compared, [
    { output: 'y', compared: 3, same: 2, maxAbsolute: 0.5, sumAbsolute: 0.625, classes: undefined }
  ])
})

test('the tolerance grows with what the live version answered', () => {
  // 0.125 + 0.25 * 2 = 0.625 at 2, and 0.125 + 0.25 * 0 at 0.
  const growing = { absoluteTolerance: 0.125, relativeTolerance: 0.25 }
  const compared = compareOutputs([floats('y', 2, 0)], [floats('y', 2.6, 0.6)], growing)
  assert.equal(compared![0]!.same, 1)
})

test('outputs are found by their names, in whatever order, and those of the candidate alone are no matter', () => {
  const compared = compareOutputs(
    [floats('a', 1), floats('b', 2)],
    [floats('c', 9), floats('b', 2), floats('a', 1)],
    tolerances
  )
  assert.deepEqual(
    compared!.map(({ output, same }) => [output, same]),
    [
      ['a', 1],
      ['b', 1]
    ]
  )
})

test('a missing output, another type or another shape cannot be compared', () => {
  assert.equal(compareOutputs([floats('y', 1)], [floats('z', 1)], tolerances), undefined)
  assert.equal(compareOutputs([floats('y', 1)], [floats('y', 1, 2)], tolerances), undefined)
  const integers = tensor('y', 'INT64', [1], BigInt64Array.of(1n))
  assert.equal(compareOutputs([floats('y', 1)], [integers], tolerances), undefined)
  const single = tensor('y', 'FP32', [1], Float32Array.of(1))
  assert.equal(compareOutputs([floats('y', 1)], [single], tolerances)![0]!.same, 1)
})

test('whole numbers and texts are classes, of which those that agree are counted', () => {
  const live = [
    tensor('label', 'INT64', [3], BigInt64Array.of(0n, 1n, 2n)),
    tensor('name', 'BYTES', [2, 1], ['a', 'b'])
  ]
  const candidate = [
    tensor('label', 'INT64', [3], BigInt64Array.of(0n, 2n, 2n)),
    tensor('name', 'BYTES', [2, 1], ['a', 'c'])
  ]
  const compared = compareOutputs(live, candidate, tolerances)!
  assert.deepEqual(compared[0]!.classes, { rows: 3, agreeing: 2 })
  assert.deepEqual(compared[1]!.classes, { rows: 2, agreeing: 1 })
  assert.deepEqual([compared[1]!.same, compared[1]!.maxAbsolute], [1, 1])
})

test('the class of a row of probabilities is the most likely one; other numbers have none', () => {
  const compared = compareOutputs([probabilities(0.9, 0.1, 0.4, 0.6)], [probabilities(0.6, 0.4, 0.6, 0.4)], tolerances)
  assert.deepEqual(compared![0]!.classes, { rows: 2, agreeing: 1 })
  assert.equal(
    compareOutputs([probabilities(5, 7, 1, 2)], [probabilities(5, 7, 1, 2)], tolerances)![0]!.classes,
    undefined
  )
})

test('not a number is the same as itself, and as far as can be from any number', () => {
  const compared = compareOutputs([floats('y', NaN, NaN, 1)], [floats('y', NaN, 1, Infinity)], tolerances)!
  assert.deepEqual([compared[0]!.same, compared[0]!.maxAbsolute], [1, Number.MAX_VALUE])
  assert.equal(JSON.parse(JSON.stringify(compared[0]!.sumAbsolute)), Number.MAX_VALUE)
})

test('half precision is compared by value', () => {
  // 0x3c00 is 1, 0x4000 is 2, 0xc000 is -2, 0x0001 is 2^-24.
  const compared = compareOutputs([half(0x3c00, 0x4000, 0x0001)], [half(0x4000, 0xc000, 0x0001)], tolerances)!
  assert.deepEqual([compared[0]!.same, compared[0]!.maxAbsolute, compared[0]!.sumAbsolute], [1, 4, 5])
})
