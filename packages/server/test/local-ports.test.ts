import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, MillraceError } from '@millrace/common'
import { createLagFeatures, createObservationStream, runStep } from '@millrace/engine'
import { memoryCursorStore, memorySeriesStore } from '@millrace/store'
import { localPorts } from '../src/pipeline/local-ports.ts'
import { freshLearner } from './fresh-learner.ts'

const values = [112, 118, 132]

/** Parts of the engine over three values, with one learner. */
async function parts() {
  const observations = values.map((target, index) => ({ observationId: index + 1, input: '', target }))
  const learner = await freshLearner('linear_regression')
  return {
    stream: createObservationStream({ observations, cursors: memoryCursorStore(), name: 'test' }),
    features: createLagFeatures({ series: memorySeriesStore(), lags: 2 }),
    learners: [learner]
  }
}

test('the pipeline runs over the parts of this process, each observation under its key', async () => {
  const engine = await parts()
  for (const target of values) {
    const step = await runStep(localPorts(engine), () => 0)
    assert.equal(step.outcome === 'done' && step.target, target)
    assert.equal(step.outcome === 'done' && step.isCommitted, true)
  }
  assert.deepEqual(await runStep(localPorts(engine), () => 0), { outcome: 'exhausted' })
  assert.equal(engine.learners[0]!.metrics().count, 3)
  const again = await engine.learners[0]!.learn({
    features: { in_1: 112, in_2: 0 },
    target: 118,
    observationId: 'test/0/1'
  })
  assert.equal(again.isRepeat, true)
})

test('a storage that fails is waited for, and everything is as if it never had', async () => {
  const engine = await parts()
  let isDown = true
  const inner = engine.learners[0]!
  const learn: typeof inner.learn = async observation => {
    if (isDown) throw new MillraceError('MILL_STORE_FAILED', 'the disk is full')
    return inner.learn(observation)
  }
  const ports = localPorts({ ...engine, learners: [{ ...inner, learn }] })
  for (let attempt = 0; attempt < 3; attempt++) {
    const step = await runStep(ports, () => 0)
    assert.equal(step.outcome === 'done' && step.isCommitted, false)
  }
  isDown = false
  for (const target of values) {
    const step = await runStep(ports, () => 0)
    assert.equal(step.outcome === 'done' && step.target, target)
  }
  assert.equal(inner.metrics().count, 3)
  assert.deepEqual(await engine.features.series('features_pipeline'), {
    seriesId: 'features_pipeline',
    length: 2,
    latestValue: 132,
    availableLags: 2
  })
})

test('only a refusal of what was sent is one', async () => {
  const { isRefusal } = localPorts(await parts())
  const refusals: ErrorCode[] = ['MILL_LEARN_DIVERGED', 'MILL_FEATURE_LIMIT', 'MILL_MEMORY_LIMIT', 'MILL_ID_CONFLICT']
  for (const code of refusals) assert.equal(isRefusal(new MillraceError(code, '')), true, code)
  const troubles: ErrorCode[] = ['MILL_STORE_FAILED', 'MILL_OVERLOADED', 'MILL_WRITER_FENCED', 'MILL_NOT_WRITER']
  for (const code of troubles) assert.equal(isRefusal(new MillraceError(code, '')), false, code)
  assert.equal(isRefusal(new TypeError('a mistake in this program')), false)
})
