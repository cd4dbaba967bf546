import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NamedTensor } from '@millrace/runtime'
import { singlePrediction } from '../../src/experiments/single-prediction.ts'
import type { InferReply } from '../../src/index.ts'

function predicted(outputs: readonly NamedTensor[], prediction?: string): number | string | undefined {
  const served = { metadata: { outputs: { prediction } } } as InferReply['served']
  return singlePrediction({ outputs, served } as InferReply)
}

function tensor(name: string, datatype: string, data: NamedTensor['data']): NamedTensor {
  return { name, datatype, shape: [data.length], data } as NamedTensor
}

test('a prediction is one number or class, of the output that the files name or else the first', () => {
  const label = tensor('label', 'INT64', BigInt64Array.of(3n))
  const score = tensor('score', 'FP64', Float64Array.of(0.25))
  assert.equal(predicted([label, score]), 3)
  assert.equal(predicted([label, score], 'score'), 0.25)
  assert.equal(predicted([tensor('class', 'BYTES', ['setosa'])]), 'setosa')
  assert.equal(predicted([label, score], 'gone'), undefined)
})

test('what no label can be held against is no prediction', () => {
  assert.equal(predicted([tensor('y', 'FP32', Float32Array.of(1, 2))]), undefined)
  assert.equal(predicted([tensor('y', 'FP16', Uint16Array.of(0x3c00))]), undefined)
  for (const none of [NaN, Infinity, -Infinity])
    assert.equal(predicted([tensor('y', 'FP64', Float64Array.of(none))]), undefined)
})
