import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NamedTensor } from '@millrace/runtime'
import { LearnerRunner } from '../../src/serving/learners/learner-runner.ts'

/** A learner that predicts the feature it is given, and takes half a millisecond for it. */
function slowLearner() {
  let nowMs = 0
  const predicted: number[] = []
  const runner = new LearnerRunner(
    {
      label: 'slow/live',
      predict(x) {
        nowMs += 0.5
        predicted.push(x['x']!)
        return x['x']!
      },
      featureNames: () => ['x']
    },
    () => nowMs
  )
  return { runner, predicted, pass: (ms: number) => (nowMs += ms) }
}

function rows(first: number, count: number): NamedTensor[] {
  const data = Float64Array.from({ length: count }, (_, index) => first + index)
  return [{ name: 'x', datatype: 'FP64', shape: [count], data }]
}

function range(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => first + index)
}

test('large batches take turns, and a single row waits for none of them', async () => {
  const { runner, predicted } = slowLearner()
  // Four rows are predicted between two looks at the clock, and a turn is over after a millisecond.
  const batches = [runner.run({ inputs: rows(0, 12) }), runner.run({ inputs: rows(100, 8) })]
  assert.deepEqual(predicted, range(0, 4))
  assert.equal(runner.counts().pending, 2)
  const one = await runner.run({ inputs: rows(1000, 1) })
  assert.deepEqual([...(one.outputs[0]!.data as Float64Array)], [1000])
  assert.deepEqual(predicted, [...range(0, 4), 1000])
  const [first, second] = await Promise.all(batches)
  assert.deepEqual(predicted, [
    ...range(0, 4),
    1000,
    ...range(4, 4),
    ...range(100, 4),
    ...range(8, 4),
    ...range(104, 4)
  ])
  assert.deepEqual([...(first!.outputs[0]!.data as Float64Array)], range(0, 12))
  assert.deepEqual([...(second!.outputs[0]!.data as Float64Array)], range(100, 8))
})

test('others have the thread between two turns', async () => {
  const { runner, predicted } = slowLearner()
  const seen: number[] = []
  const look = (): void => {
    seen.push(predicted.length)
    if (predicted.length < 40) setImmediate(look)
  }
  setImmediate(look)
  await runner.run({ inputs: rows(0, 40) })
  const steps = seen.map((count, index) => count - (seen[index - 1] ?? 0))
  assert.ok(Math.max(...steps) <= 4, seen.join(' '))
})

test('a request that nobody waits for any more is given up', async () => {
  const { runner, predicted, pass } = slowLearner()
  const late = runner.run({ inputs: rows(0, 12), deadline: 10 })
  const good = runner.run({ inputs: rows(100, 8), deadline: 1000 })
  pass(9)
  await assert.rejects(late, { code: 'MILL_DEADLINE_EXCEEDED' })
  await good
  assert.deepEqual(predicted, [...range(0, 4), ...range(100, 8)])
  await assert.rejects(runner.run({ inputs: rows(0, 1), deadline: 5 }), { code: 'MILL_DEADLINE_EXCEEDED' })
  assert.equal(runner.counts().pending, 0)
})

test('it counts what was run, by the number of rows', async () => {
  const { runner } = slowLearner()
  for (const count of [1, 1, 63, 65, 100, 200]) await runner.run({ inputs: rows(0, count) })
  const { inferences, executions, pending, batches } = runner.counts()
  assert.deepEqual({ inferences, executions, pending }, { inferences: 430, executions: 6, pending: 0 })
  assert.deepEqual(
    batches.map(({ rows: size, count, inferNs }) => [size, count, inferNs]),
    [
      [1, 2, 1e6],
      [63, 1, 31.5e6],
      [128, 2, 82.5e6],
      [256, 1, 100e6]
    ]
  )
})

test('the time of a run is told by its parts', async () => {
  const { runner, pass } = slowLearner()
  const result = runner.run({ inputs: rows(0, 8) })
  pass(3)
  assert.deepEqual((await result).timing, { queueNs: 3e6, inputNs: 0, inferNs: 4e6, outputNs: 0 })
})
