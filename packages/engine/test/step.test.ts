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
    predictLearn: async (features, target, observationId) => {
      calls.push(`${label} ${JSON.stringify(features)} ${target} ${observationId}`)
      return target + 1
    },
    metrics: () => ({ count: 7 })
  }
}

const observation = { target: 125, month: '1949-01' }

/** Ports of which `committed` tells the ids that were done with; whoever throws a TypeError refuses the observation. */
function stubPorts(models: StepModel<Count>[]) {
  const committed: string[] = []
  const ports: PipelinePorts<typeof observation, Count> = {
    take: async () => ({ observation, id: 'key', commit: async () => void committed.push('key') }),
    add: async () => added,
    models,
    isRefusal: error => error instanceof TypeError
  }
  return { ...ports, committed }
}

function throwing(error: Error): () => Promise<never> {
  return async () => {
    throw error
  }
}

/** A clock that moves one millisecond a look. */
function tickingClock(): () => number {
  let now = 0
  return () => now++
}

test('a step takes an observation, makes lags and teaches every model the same', async () => {
  const calls: string[] = []
  const asked: unknown[] = []
  const ports = {
    ...stubPorts([stubModel('a', calls), stubModel('b', calls)]),
    add: async (...values: unknown[]) => {
      asked.push(values)
      return added
    }
  }
  const result = await runStep(ports, () => 0)
  assert.deepEqual(asked, [[pipelineSeries, 125, 'key']])
  assert.deepEqual(calls, ['a {"in_1":120,"in_2":115} 125 key', 'b {"in_1":120,"in_2":115} 125 key'])
  assert.deepEqual(ports.committed, ['key'])
  assert.deepEqual(result, {
    outcome: 'done',
    observation: { target: 125, month: '1949-01' },
    id: 'key',
    isCommitted: true,
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
    take: async () => undefined,
    add: async () => assert.fail('added without an observation')
  }
  assert.deepEqual(await runStep(ports, () => 0), { outcome: 'exhausted' })
  assert.deepEqual(calls, [])
})

test('a model that fails is told of in its outcome and does not fail the others', async () => {
  const failure = new Error('down')
  const failing = { ...stubModel('b'), predictLearn: throwing(failure) }
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
  const failing = { ...stubModel('a'), metrics: throwing(failure) }
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

test('what take or add throws reaches the caller, before any model learned', async () => {
  const calls: string[] = []
  for (const port of ['take', 'add'] as const) {
    const ports = { ...stubPorts([stubModel('a', calls)]), [port]: throwing(new Error(`${port} is down`)) }
    await assert.rejects(
      runStep(ports, () => 0),
      { message: `${port} is down` }
    )
    assert.deepEqual(ports.committed, [])
  }
  assert.deepEqual(calls, [])
})

test('a value that add refuses is passed over, and the step fails', async () => {
  const ports = { ...stubPorts([stubModel('a')]), add: throwing(new TypeError('too large')) }
  await assert.rejects(
    runStep(ports, () => 0),
    { message: 'too large' }
  )
  assert.deepEqual(ports.committed, ['key'])
})

test('the stream stays while a model has yet to learn the observation', async () => {
  const failing = { ...stubModel('b'), predictLearn: throwing(new Error('down')) }
  const ports = stubPorts([stubModel('a'), failing])
  const result = await runStep(ports, () => 0)
  assert.equal(result.outcome === 'done' && result.isCommitted, false)
  assert.deepEqual(ports.committed, [])
})

test('a refusal by a model counts as done, and so does a model that learned and then failed', async () => {
  const refusing = { ...stubModel('b'), predictLearn: throwing(new TypeError('diverges')) }
  const silent = { ...stubModel('c'), metrics: throwing(new Error('down')) }
  const ports = stubPorts([refusing, silent])
  const result = await runStep(ports, () => 0)
  assert.equal(result.outcome === 'done' && result.isCommitted, true)
  assert.deepEqual(ports.committed, ['key'])
})

test('a commit that fails fails the step', async () => {
  const taken = { observation, id: 'key', commit: throwing(new Error('disk full')) }
  await assert.rejects(
    runStep({ ...stubPorts([stubModel('a')]), take: async () => taken }, () => 0),
    { message: 'disk full' }
  )
})
