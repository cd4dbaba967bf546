import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { createRuntime, type Runtime } from '@millrace/runtime'
import { bidFeatures, ctrFeatures, fraudFeatures } from '../../src/index.ts'
import { type Case, readCases } from './cases.ts'

const cases = readCases()
let runtime: Runtime
before(() => {
  runtime = createRuntime()
})
after(() => runtime.close())

/** How far float32 results of other processors may lie from those of the fixture. */
function isNear(actual: number, expected: number): boolean {
  return Math.abs(actual - expected) <= 1e-5 * Math.max(1, Math.abs(expected))
}

async function assertOutputs(name: string, given: readonly (Case<unknown> & { row: Float32Array })[]): Promise<void> {
  const path = fileURLToPath(new URL(`../../../../models/${name}/1.0.0/model.onnx`, import.meta.url))
  const model = await runtime.load({ label: name, path })
  for (const { request, outputs, row } of given) {
    const inputs = [{ name: 'features', datatype: 'FP32', shape: [1, row.length], data: row } as const]
    const result = await model.run({ inputs })
    assert.deepEqual(result.outputs.map(output => output.name).toSorted(), Object.keys(outputs).toSorted())
    for (const output of result.outputs) {
      const values = Array.from(output.data as ArrayLike<number | bigint>, Number)
      const expected = outputs[output.name]!
      const isSame = values.length === expected.length && values.every((value, at) => isNear(value, expected[at]!))
      const about = `${output.name} of ${JSON.stringify(request).slice(0, 200)}`
      assert.ok(isSame, `${about}: ${values.join(' ')} instead of ${expected.join(' ')}`)
    }
  }
}

// Expected numbers come from onnxruntime in Python, for features that were computed in Python.
describe('a request gets the same answer here as in Python', () => {
  test('about fraud', () =>
    assertOutputs(
      'fraud_detection',
      cases.fraud.map(one => ({ ...one, row: fraudFeatures(one.request) }))
    ))

  test('about clicks', () =>
    assertOutputs(
      'ctr_prediction',
      cases.ctr.map(one => ({ ...one, row: ctrFeatures(one.request) }))
    ))

  test('about bids', () =>
    assertOutputs(
      'bid_optimization',
      cases.bid.map(one => ({ ...one, row: bidFeatures(one.request) }))
    ))
})
