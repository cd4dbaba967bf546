import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { protoField, protoFields, protoIntegers, protoNumber } from '../src/proto-fields.ts'
import { withoutZipMaps } from '../src/zip-map.ts'
import { expected, fixture, floats, load } from './fixtures.ts'

for (const [name, labels] of [
  ['classes', ['0', '10', '20']],
  ['named_classes', ['high', 'low', 'mid']]
] as const) {
  describe(name, () => {
    test('probabilities are the numbers that the map holds in Python, in the order of the labels', async t => {
      const model = await load(t, name)
      const { inputs, outputs } = expected[name]!
      const answer = await model.run({ inputs: [floats('X', inputs['X']!)] })
      const [label, probability] = answer.outputs
      assert.deepEqual(Array.from(label!.data, String), (outputs['output_label'] as unknown[]).map(String))
      assert.deepEqual(probability!.shape, [3, 3])
      const wanted = (outputs['output_probability'] as Record<string, number>[]).flatMap(map =>
        labels.map(key => map[key]!)
      )
      for (const [index, value] of wanted.entries())
        assert.ok(Math.abs(Number(probability!.data[index]) - value) < 1e-6)
    })

    test('the names of the classes are told', async t => {
      const model = await load(t, name)
      assert.deepEqual(model.classLabels, new Map([['output_probability', labels]]))
      assert.deepEqual(model.outputs[1], { name: 'output_probability', datatype: 'FP32', shape: [-1, 3] })
    })
  })
}

test('a model without a ZipMap stays as it is', () => {
  const bytes = readFileSync(fixture('mlp'))
  assert.equal(withoutZipMaps(bytes).bytes, bytes)
})

/** The parts of a model's graph, each as its bytes. */
function partsOf(file: Uint8Array): Buffer[] {
  const graph = protoFields(file).find(({ number }) => number === 7)!
  return protoFields(graph.value).map(({ whole }) => Buffer.from(whole))
}

test('what is not the ZipMap keeps its bytes', () => {
  const bytes = readFileSync(fixture('classes'))
  const before = partsOf(bytes)
  const changed = partsOf(withoutZipMaps(bytes).bytes).filter((part, index) => !part.equals(before[index]!))
  // The node itself, and what it gives.
  assert.equal(changed.length, 2)
})

test('a model of trees alone gets the operators that Identity belongs to', () => {
  const zipMap = Buffer.concat([
    protoField(2, Buffer.from('out')),
    protoField(4, Buffer.from('ZipMap')),
    protoField(7, Buffer.from('ai.onnx.ml'))
  ])
  const onlyTrees = Buffer.concat([
    protoField(8, protoField(1, Buffer.from('ai.onnx.ml'))),
    protoField(7, protoField(1, zipMap))
  ])
  const imports = protoFields(withoutZipMaps(onlyTrees).bytes).filter(({ number }) => number === 8)
  assert.deepEqual(
    imports.map(({ value }) => Buffer.from(value)),
    [protoField(1, Buffer.from('ai.onnx.ml')), Buffer.from(protoNumber(2, 13))]
  )
})

test('fields of every kind are cut where the next begins', () => {
  // Field 1 is a varint, 2 has 8 bytes, 3 a length, 4 has 4 bytes: written by hand after the encoding's description.
  const message = Uint8Array.of(0x08, 0x96, 0x01, 0x11, 1, 2, 3, 4, 5, 6, 7, 8, 0x1a, 2, 9, 9, 0x25, 1, 2, 3, 4)
  const fields = protoFields(message)
  assert.deepEqual(
    fields.map(({ number, wireType }) => [number, wireType]),
    [
      [1, 0],
      [2, 1],
      [3, 2],
      [4, 5]
    ]
  )
  assert.deepEqual(Buffer.concat(fields.map(({ whole }) => whole)), Buffer.from(message))
  assert.deepEqual(protoIntegers(fields.slice(0, 1)), ['150'])
  assert.deepEqual(Array.from(fields[2]!.value), [9, 9])
})

test('integers are read packed or one by one, negative ones too', () => {
  const minusOne = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01]
  const packed = protoField(8, Uint8Array.of(1, ...minusOne, 0x96, 0x01))
  const single = Uint8Array.of(0x40, ...minusOne)
  assert.deepEqual(protoIntegers(protoFields(Buffer.concat([packed, single]))), ['1', '-1', '150', '-1'])
})
