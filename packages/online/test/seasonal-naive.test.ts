import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SeasonalNaive } from '../src/seasonal-naive.ts'
import { encodeState } from '../src/state.ts'

test('predicts the target of one season ago, once there is one', () => {
  const model = new SeasonalNaive({ season: 3 })
  const predictions = [10, 20, 30, 11, 21, 31, 12].map(y => {
    const prediction = model.canPredict ? model.predictOne({}) : undefined
    model.learnOne({}, y)
    return prediction
  })
  assert.deepEqual(predictions, [undefined, undefined, undefined, 10, 20, 30, 11])
})

test('answers 0 during the first season', () => {
  const model = new SeasonalNaive({ season: 2 })
  model.learnOne({}, 5)
  assert.equal(model.predictOne({}), 0)
})

test('refuses a season that is no count', () => {
  for (const season of [0, 1.5, -1, NaN, Infinity]) {
    assert.throws(() => new SeasonalNaive({ season }), { code: 'MILL_OPTION_INVALID' })
  }
})

test('refuses a state that cannot be', () => {
  assert.equal(restore(2, 7, 8).predictOne({}), 7)
  for (const refused of [() => restore(0), () => restore(1, 7, 8), () => restore(2, NaN)]) {
    assert.throws(refused, { code: 'MILL_STATE_INVALID' })
  }
})

/** A model from a state with these fields. */
function restore(season: number, ...targets: number[]): SeasonalNaive {
  return SeasonalNaive.fromState(encodeState('SeasonalNaive', 1, { season, targets: Float64Array.from(targets) }))
}
