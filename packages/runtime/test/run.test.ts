import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { datatypes, elementBytes, type NamedTensor } from '../src/index.ts'
import { arrayTypes } from '../src/array-types.ts'
import { expected, floats, load, numbers, places } from './fixtures.ts'

for (const placement of ['inline', 'thread'] as const) {
  describe(`${placement}:`, () => {
    test('a model answers as it does in Python', async t => {
      const model = await load(t, 'mlp', { placement })
      const { inputs, outputs } = expected['mlp']!
      const answer = await model.run({ inputs: [floats('x', inputs['x']!)] })
      assert.deepEqual(answer.outputs[0]!.shape, [5, 3])
      const wanted = (outputs['y'] as number[][]).flat()
      for (const [index, value] of numbers(answer).entries()) assert.ok(Math.abs(value - wanted[index]!) < 1e-5)
    })

    test('elements of every type come back bit by bit', async t => {
      const model = await load(t, 'identity', { placement })
      const inputs = datatypes.map(sample)
      const { outputs } = await model.run({ inputs })
      assert.deepEqual(
        outputs.map(({ datatype, shape, data }) => ({ datatype, shape, data })),
        inputs.map(({ datatype, shape, data }) => ({ datatype, shape, data }))
      )
    })

    test('empty tensors of every type come back empty', async t => {
      const model = await load(t, 'identity', { placement })
      const inputs = datatypes.map(datatype => ({ ...sample(datatype), shape: [0, 3], data: elements(datatype, 0) }))
      const { outputs } = await model.run({ inputs })
      for (const { shape, data } of outputs) assert.deepEqual([shape, data.length], [[0, 3], 0])
    })

    test('a tensor of rank 0 has one element and no sizes', async t => {
      const model = await load(t, 'scalar', { placement })
      const { outputs } = await model.run({
        inputs: [{ name: 'x', datatype: 'FP32', shape: [], data: Float32Array.of(2) }]
      })
      assert.deepEqual(outputs, [{ name: 'y', datatype: 'FP32', shape: [], data: Float32Array.of(3) }])
    })

    test('what is asked for comes in the order asked for', async t => {
      const model = await load(t, 'identity', { placement })
      const inputs = datatypes.map(sample)
      const { outputs } = await model.run({ inputs, outputs: ['out_INT64', 'out_BOOL'] })
      assert.deepEqual(
        outputs.map(({ name }) => name),
        ['out_INT64', 'out_BOOL']
      )
      assert.deepEqual(
        outputs.map(({ data }) => data),
        [sample('INT64').data, sample('BOOL').data]
      )
    })

    test('an output that the model has not is refused by name', async t => {
      const model = await load(t, 'scalar', { placement })
      const inputs: NamedTensor[] = [{ name: 'x', datatype: 'FP32', shape: [], data: Float32Array.of(2) }]
      await assert.rejects(model.run({ inputs, outputs: ['z'] }), {
        code: 'MILL_INPUT_INVALID',
        message: "unexpected inference output 'z' for model 'scalar version 1'"
      })
    })

    test('the caller keeps his input, and an answer is not overwritten by later ones', async t => {
      const model = await load(t, 'lookup', { placement })
      const input = places(1)
      const first = await model.run({ inputs: [input] })
      await Promise.all([model.run({ inputs: [places(2)] }), model.run({ inputs: [places(3)] })])
      assert.deepEqual(input.data, BigInt64Array.of(1n))
      assert.deepEqual(numbers(first), [2, 3])
    })

    test('a part of a larger buffer is read where it begins', async t => {
      const model = await load(t, 'lookup', { placement })
      const data = BigInt64Array.of(0n, 4n, 0n).subarray(1, 2)
      assert.deepEqual(numbers(await model.run({ inputs: [{ ...places(0), data }] })), [8, 9])
    })

    test('inputs that the session refuses make the run fail, with the reason', async t => {
      const model = await load(t, 'lookup', { placement })
      await assert.rejects(model.run({ inputs: [places(9)] }), {
        code: 'MILL_RUN_FAILED',
        message: /^model 'lookup version 1' failed to run: .*idx=9 must be within the inclusive range \[-5,4\]/
      })
      assert.deepEqual(numbers(await model.run({ inputs: [places(4)] })), [8, 9])
    })

    test('a closed model answers what it took, and takes no more', async t => {
      const model = await load(t, 'lookup', { placement })
      const taken = [1, 2, 3].map(place => model.run({ inputs: [places(place)] }))
      const closed = model.close()
      await assert.rejects(model.run({ inputs: [places(1)] }), { code: 'MILL_MODEL_NOT_READY' })
      assert.deepEqual((await Promise.all(taken)).map(numbers), [
        [2, 3],
        [4, 5],
        [6, 7]
      ])
      await closed
      assert.equal(model.counts().pending, 0)
    })
  })
}

test('sizes that may be any are -1', async t => {
  const model = await load(t, 'mlp')
  assert.deepEqual(model.inputs, [{ name: 'x', datatype: 'FP32', shape: [-1, 10] }])
  assert.deepEqual(model.outputs, [{ name: 'y', datatype: 'FP32', shape: [-1, 3] }])
})

/** Three elements of a type, each of other bits; texts of one to four bytes a character. */
function sample(datatype: (typeof datatypes)[number]): NamedTensor {
  return { name: `in_${datatype}`, datatype, shape: [1, 3], data: elements(datatype, 3) }
}

function elements(datatype: (typeof datatypes)[number], count: number): NamedTensor['data'] {
  if (datatype === 'BYTES') return ['', 'aé€', '😀'].slice(0, count)
  if (datatype === 'BOOL') return Uint8Array.of(0, 1, 1).slice(0, count)
  const bits = Uint8Array.from({ length: count * elementBytes[datatype]! }, (_, index) => (index * 89) & 0x7f)
  return new arrayTypes[datatype](bits.buffer)
}
