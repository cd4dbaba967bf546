import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { NamedTensor, TensorSpec } from '@millrace/runtime'
import { noMetadata } from '@millrace/store'
import { adaptQuestion, underNames } from '../../src/serving/adapt-question.ts'
import { learnerInputs, learnerOutputs } from '../../src/serving/learners/learner-interface.ts'
import type { ServedVersion } from '../../src/serving/served-version.ts'

interface Shape {
  inputs?: readonly TensorSpec[]
  outputs?: readonly TensorSpec[]
  prediction?: string
  features?: readonly string[]
}

const matrix = (name: string, datatype: TensorSpec['datatype'] = 'FP32'): TensorSpec => ({
  name,
  datatype,
  shape: [-1, 3]
})
const column = (name: string): TensorSpec => ({ name, datatype: 'FP32', shape: [-1] })

/** A version of which only the interface matters here. */
function version({
  inputs = [matrix('X')],
  outputs = [column('y')],
  prediction,
  features = []
}: Shape = {}): ServedVersion {
  return {
    platform: 'onnxruntime_onnx',
    inputs,
    outputs,
    metadata: { ...noMetadata, outputs: { prediction }, features: features.map(name => ({ name })) }
  } as unknown as ServedVersion
}

const learner = {
  ...version({ inputs: learnerInputs, outputs: learnerOutputs, prediction: 'prediction' }),
  platform: 'millrace_learner'
} as ServedVersion

const input = (name: string, ...data: number[]): NamedTensor => ({
  name,
  datatype: 'FP32',
  shape: [1, data.length],
  data: Float32Array.from(data)
})

describe('a question to a version', () => {
  test('stays as it is where it is understood', () => {
    const question = { inputs: [input('X', 1, 2, 3)], outputs: ['y'] }
    assert.equal(adaptQuestion(question, version(), version({ features: ['a'] })), question)
    const own = { inputs: [input('features', 1)] }
    assert.equal(adaptQuestion(own, learner, learner), own)
  })

  test('has the name that its one input has there', () => {
    const asked = adaptQuestion({ inputs: [input('X', 1, 2, 3)] }, version({ inputs: [matrix('Z')] }), version())
    assert.deepEqual(asked.inputs, [input('Z', 1, 2, 3)])
  })

  test('has the type of floating point that is wanted there', () => {
    const other = version({ inputs: [matrix('X', 'FP64')] })
    const { inputs } = adaptQuestion({ inputs: [input('X', 1, 2, 0.5)] }, other, version())
    assert.deepEqual(inputs, [{ ...input('X'), shape: [1, 3], datatype: 'FP64', data: Float64Array.of(1, 2, 0.5) }])
    const big = { ...input('X'), shape: [1, 3], datatype: 'INT64', data: BigInt64Array.of(7n, -8n, 9n) } as NamedTensor
    const integers = version({ inputs: [matrix('X', 'INT64')] })
    const asFloats = adaptQuestion({ inputs: [big] }, version(), integers)
    assert.deepEqual(asFloats.inputs, [input('X', 7, -8, 9)])
  })

  test('stays as it is where numbers might not fit, and where there are several inputs or texts', () => {
    const integers = version({ inputs: [matrix('X', 'INT64')] })
    const half = { inputs: [input('X', 0.5, 1, 2)] }
    assert.deepEqual(adaptQuestion(half, integers, version()).inputs, half.inputs)
    const two = { inputs: [input('a', 1), input('b', 2)] }
    assert.deepEqual(adaptQuestion(two, version(), version({ inputs: [matrix('a'), matrix('b')] })).inputs, two.inputs)
    const text: NamedTensor = { name: 'T', datatype: 'BYTES', shape: [1, 1], data: ['a'] }
    const texts = version({ inputs: [{ name: 'T', datatype: 'BYTES', shape: [-1, 1] }] })
    assert.deepEqual(adaptQuestion({ inputs: [text] }, version(), texts).inputs, [text])
  })

  test('that neither version knows stays wrong', () => {
    const wrong = { inputs: [input('W', 1, 2, 3)] }
    assert.deepEqual(adaptQuestion(wrong, version({ inputs: [matrix('Z')] }), version()).inputs, wrong.inputs)
  })
})

describe('a question for an ONNX model to a learner', () => {
  const named = version({ features: ['a', 'b', 'c'] })

  test('has the columns that the metadata of the model name', () => {
    const asked = adaptQuestion({ inputs: [input('X', 1, 2, 3)] }, learner, named)
    assert.deepEqual(asked, { inputs: [input('features', 1, 2, 3)], outputs: undefined, featureNames: ['a', 'b', 'c'] })
  })

  test('keeps the names that the request has, and has none where the numbers of columns differ', () => {
    const featureNames = ['u', 'v', 'w']
    assert.deepEqual(
      adaptQuestion({ inputs: [input('X', 1, 2, 3)], featureNames }, learner, named).featureNames,
      featureNames
    )
    assert.equal(adaptQuestion({ inputs: [input('X', 1, 2)] }, learner, named).featureNames, undefined)
  })

  test('that was made for the learner already has its columns named as well', () => {
    assert.deepEqual(adaptQuestion({ inputs: [input('features', 1, 2, 3)] }, learner, named).featureNames, [
      'a',
      'b',
      'c'
    ])
  })
})

describe('a question for a learner to an ONNX model', () => {
  const model = version({ inputs: [matrix('X')], features: ['a', 'b', 'c'], prediction: 'y' })

  test('has its columns in the order of the metadata', () => {
    const question = { inputs: [input('features', 3, 1, 2)], featureNames: ['c', 'a', 'b'], outputs: ['prediction'] }
    assert.deepEqual(adaptQuestion(question, model, learner), {
      inputs: [input('X', 1, 2, 3)],
      outputs: ['y'],
      featureNames: undefined
    })
    assert.deepEqual(question.inputs, [input('features', 3, 1, 2)])
  })

  test('is taken as it comes where nobody names columns', () => {
    assert.deepEqual(adaptQuestion({ inputs: [input('features', 3, 1, 2)] }, model, learner).inputs, [
      input('X', 3, 1, 2)
    ])
  })
})

describe('outputs that are wanted by name', () => {
  const made = version({ outputs: [column('label'), column('chances')], prediction: 'label' })
  const question = { inputs: [input('X', 1, 2, 3)], outputs: ['chances', 'label'] }

  test('are those at the same places where there are as many', () => {
    const other = version({ outputs: [column('class'), column('p')] })
    assert.deepEqual(adaptQuestion(question, other, made).outputs, ['p', 'class'])
  })

  test('are the prediction for the prediction, and are refused where they have no counterpart', () => {
    assert.deepEqual(adaptQuestion(question, learner, made).outputs, ['chances', 'prediction'])
  })

  test('are answered by the names by which they were asked for', () => {
    const answered = [input('p', 1), input('label', 0)]
    const told = underNames(answered, question.outputs)
    assert.deepEqual(told, [input('chances', 1), input('label', 0)])
    assert.equal(told[1], answered[1])
    assert.equal(underNames(answered, undefined), answered)
  })
})
