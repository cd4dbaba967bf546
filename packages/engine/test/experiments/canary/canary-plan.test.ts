import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TensorSpec } from '@millrace/runtime'
import { readCanaryPlan } from '../../../src/experiments/canary/canary-plan.ts'
import type { ModelStatus } from '../../../src/serving/model-server.ts'
import { canaryTest } from './canary-setup.ts'

const label: TensorSpec = { name: 'label', datatype: 'INT64', shape: [-1] }
const score: TensorSpec = { name: 'score', datatype: 'FP32', shape: [-1] }

test('labels guard what is predicted: accuracy of classes, error of numbers', async t => {
  const { server } = await canaryTest(t)
  const guardsWith = (
    outputs: readonly TensorSpec[],
    more: { prediction?: string; kind?: ModelStatus['kind'] } = {}
  ) => {
    const models = server.models().map(model => ({
      ...model,
      kind: more.kind ?? model.kind,
      versions: model.versions.map(({ served, ...version }) => ({
        ...version,
        served: served && {
          ...served,
          outputs,
          metadata: { ...served.metadata, outputs: { prediction: more.prediction } }
        }
      }))
    }))
    const { plan, faults } = readCanaryPlan({ model: 'm', candidate: '2' }, { models: () => models })
    assert.deepEqual(faults, [])
    return plan.guards.map(({ measure }) => measure)
  }
  const standard = ['error_rate', 'latency', 'conversion']
  assert.deepEqual(guardsWith([label, score]), [...standard, 'accuracy'])
  assert.deepEqual(guardsWith([score, label]), [...standard, 'error'])
  assert.deepEqual(guardsWith([score, label], { prediction: 'label' }), [...standard, 'accuracy'])
  assert.deepEqual(guardsWith([label], { kind: 'learner' }), [...standard, 'error'])
  assert.deepEqual(guardsWith([]), [...standard, 'accuracy', 'error'])
})

test('a step has to say its share, and one that is wrong is compared with no other', async t => {
  const { server } = await canaryTest(t)
  const faultsOf = (steps: unknown): string[] =>
    readCanaryPlan({ model: 'm', candidate: '2', steps }, server).faults.map(
      ({ place, message }) => `${place.join('.')}: ${message}`
    )
  assert.deepEqual(faultsOf([0.1, { minSeconds: 1 }, null]), [
    'steps.1.share: share is missing',
    'steps.2.share: share is missing'
  ])
  assert.deepEqual(faultsOf([0.4, 'half', 0.3]), [
    'steps.1.share: share must be a number from 0.0001 to 0.95, got half'
  ])
  assert.deepEqual(faultsOf([0.4, 0.4]), ['steps.1: steps.1 must have a larger share than the step before, got 0.4'])
})
