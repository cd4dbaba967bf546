import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AmfRegressor } from '../src/amf-regressor.ts'
import { KnnRegressor } from '../src/knn-regressor.ts'
import { LastValue } from '../src/last-value.ts'
import { learnerFromState } from '../src/learner-from-state.ts'
import { LinearRegression } from '../src/linear-regression.ts'
import { Pipeline } from '../src/pipeline.ts'
import { SeasonalNaive } from '../src/seasonal-naive.ts'
import { StandardScaler } from '../src/standard-scaler.ts'
import { encodeState } from '../src/state.ts'

test('finds out which learner a state holds', () => {
  const learners = [
    new AmfRegressor(),
    new KnnRegressor(),
    new LastValue(),
    new LinearRegression(),
    new Pipeline(new StandardScaler(), new LinearRegression()),
    new SeasonalNaive({ season: 4 })
  ]
  for (const learner of learners) {
    const restored = learnerFromState(learner.toState())
    assert.equal(restored.constructor, learner.constructor)
    assert.deepEqual(restored.toState(), learner.toState())
  }
})

test('refuses what is no state of a regressor', () => {
  const refused = [new StandardScaler().toState(), encodeState('constructor', 1, {}), new Uint8Array(0)]
  for (const bytes of refused) assert.throws(() => learnerFromState(bytes), { code: 'MILL_STATE_INVALID' })
})
