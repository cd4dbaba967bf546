import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type PipelinePorts, pipelineSeries, runStep, type StepModel } from '../src/pipeline/step.ts'

interface Count {
  count: number
}

const added = { features: { in_1: 120, in_2: 115 }, target: 125, availableLags: 2 }

function stubModel(label: string, calls: string[] = []): StepModel<Count> {
  return {
    label,
    predictLearn: (features, target) => {
      calls.push(`${label} ${JSON.stringify(features)} ${target}`)
      return target + 1
    },
    metrics: () => ({ count: 7 })
  }
}

function stubPorts(models: StepModel<Count>[]): PipelinePorts<{ target: number; month: string }, Count> {
  return { next: () => ({ target: 125, month: '1949-01' }), add: () => added, models }
}

/** A clock that moves one millisecond a look. */
function tickingClock(): () => number {
  let now = 0
  return () => now++
}

test('a step takes an observation, makes lags and teaches every model the same', async () => {
  const calls: string[] = []
  const asked: [string, number][] = []
  const ports = {
    ...stubPorts([stubModel('a', calls), stubModel('b', calls)]),
    add: (seriesId: string, value: number) => {
      asked.push([seriesId, value])
      return added
    }
  }
  const result = await runStep(ports, () => 0)
  assert.deepEqual(asked, [[pipelineSeries, 125]])
  assert.deepEqual(calls, ['a {"in_1":120,"in_2":115} 125', 'b {"in_1":120,"in_2":115} 125'])
  assert.deepEqual(result, {
    outcome: 'done',
    observation: { target: 125, month: '1949-01' },
    features: { in_1: 120, in_2: 115 },
    target: 125,
    availableLags: 2,
    models: [
      { label: 'a', prediction: 126, metrics: { count: 7 }, error: undefined, ms: 0 },
      { label: 'b', prediction: 126, metrics: { count: 7 }, error: undefined, ms: 0 }
    ],
    ms: 0
  })
})

test('the series keeps the name that existing users know', () => assert.equal(pipelineSeries, 'features_pipeline'))

test('at the end of the stream nothing is added and nobody learns', async () => {
  const calls: string[] = []
  const ports = {
    ...stubPorts([stubModel('a', calls)]),
    next: () => undefined,
    add: () => assert.fail('added without an observation')
  }
  assert.deepEqual(await runStep(ports, () => 0), { outcome: 'exhausted' })
  assert.deepEqual(calls, [])
})

test('a model that fails is told of in its outcome and does not fail the others', async () => {
  const failure = new Error('down')
  const failing = { ...stubModel('b'), predictLearn: () => Promise.reject(failure) }
  const result = await runStep(stubPorts([stubModel('a'), failing, stubModel('c')]), () => 0)
  assert.equal(result.outcome, 'done')
  assert.deepEqual(
    result.models.map(({ label, prediction, error }) => ({ label, prediction, error })),
    [
      { label: 'a', prediction: 126, error: undefined },
      { label: 'b', prediction: undefined, error: failure },
      { label: 'c', prediction: 126, error: undefined }
    ]
  )
})

test('a prediction stands although the metrics after it failed', async () => {
  const failure = new Error('down')
  const failing = { ...stubModel('a'), metrics: () => Promise.reject(failure) }
  const result = await runStep(stubPorts([failing]), () => 0)
  assert.equal(result.outcome, 'done')
  assert.deepEqual(result.models[0], { label: 'a', prediction: 126, metrics: undefined, error: failure, ms: 0 })
})

test('models are asked in parallel: none waits for another to answer', async () => {
  const started: string[] = []
  const release = Promise.withResolvers<void>()
  const waiting = (label: string): StepModel<Count> => ({
    ...stubModel(label),
    predictLearn: async () => {
      started.push(label)
      if (started.length === 2) release.resolve()
      await release.promise // resolves only once both have started
      return 1
    }
  })
  const result = await runStep(stubPorts([waiting('a'), waiting('b')]), () => 0)
  assert.equal(result.outcome, 'done')
  assert.deepEqual(started, ['a', 'b'])
})

test('times come from the given clock', async () => {
  const result = await runStep(stubPorts([stubModel('a')]), tickingClock())
  assert.equal(result.outcome, 'done')
  assert.equal(result.models[0]!.ms, 1) // looks 1 and 2
  assert.equal(result.ms, 3) // looks 0 and 3
})

test('what next or add throws reaches the caller, before any model learned', async () => {
  const calls: string[] = []
  const ports = {
    ...stubPorts([stubModel('a', calls)]),
    add: () => Promise.reject(new Error('features down'))
  }
  await assert.rejects(
    runStep(ports, () => 0),
    { message: 'features down' }
  )
  assert.deepEqual(calls, [])
})
