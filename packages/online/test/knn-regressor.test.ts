import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type KnnAggregation, KnnRegressor, type KnnRegressorOptions } from '../src/knn-regressor.ts'
import { encodeState } from '../src/state.ts'

function learned(options: KnnRegressorOptions, rows: readonly (readonly [a: number, y: number])[]): KnnRegressor {
  const model = new KnnRegressor(options)
  for (const [a, y] of rows) model.learnOne({ a }, y)
  return model
}

test('predicts 0 from nothing, and that counts', () => {
  const model = new KnnRegressor()
  assert.equal(model.canPredict, true)
  assert.equal(model.predictOne({ a: 1 }), 0)
})

test('predicts the mean of the nearest targets', () => {
  const model = learned({ neighbors: 3 }, [
    [0, 10],
    [1, 20],
    [2, 60],
    [50, 1000]
  ])
  assert.equal(model.predictOne({ a: 0.5 }), 30)
})

test('of fewer rows than neighbours uses all', () => {
  assert.equal(
    learned({ neighbors: 5 }, [
      [0, 10],
      [4, 20]
    ]).predictOne({ a: 1 }),
    15
  )
})

test('predicts the median of the nearest targets, of an even number the middle of the two', () => {
  const rows = [
    [1, 100],
    [2, 1],
    [3, 2],
    [4, 8]
  ] as const
  assert.equal(learned({ neighbors: 3, aggregation: 'median' }, rows).predictOne({ a: 0 }), 2)
  assert.equal(learned({ neighbors: 4, aggregation: 'median' }, rows).predictOne({ a: 0 }), 5)
})

test('predicts the mean weighted by the inverse distance', () => {
  const model = learned({ neighbors: 2, aggregation: 'weighted_mean' }, [
    [1, 10],
    [4, 20]
  ])
  assert.equal(model.predictOne({ a: 0 }), 12) // (10 / 1 + 20 / 4) / (1 / 1 + 1 / 4)
})

for (const aggregation of ['mean', 'median', 'weighted_mean'] satisfies KnnAggregation[]) {
  test(`a row at distance 0 answers alone, the oldest of several: ${aggregation}`, () => {
    const model = learned({ aggregation }, [
      [2, 1],
      [3, 7],
      [3, 8],
      [3, 9]
    ])
    assert.equal(model.predictOne({ a: 3 }), 7)
  })
}

test('of rows equally far the oldest are nearest', () => {
  assert.equal(
    learned({ neighbors: 2 }, [
      [1, 10],
      [-1, 20],
      [1, 30],
      [-1, 40]
    ]).predictOne({ a: 0 }),
    15
  )
})

test('a missing name counts as 0 on either side', () => {
  const model = new KnnRegressor({ neighbors: 1 })
  model.learnOne({ a: 3 }, 1)
  model.learnOne({ a: 3, b: 4 }, 2)
  assert.equal(model.predictOne({ a: 3, b: 1.9 }), 1)
  assert.equal(model.predictOne({ b: 4 }), 2) // At 3; the first row is at 5.
  assert.equal(model.predictOne({ a: 3, b: 0 }), 1)
})

test('a name never learned makes every row equally farther', () => {
  const model = learned({ neighbors: 2, aggregation: 'weighted_mean' }, [
    [0, 10],
    [4, 20]
  ])
  // At 3 and 5: (10 / 3 + 20 / 5) / (1 / 3 + 1 / 5).
  assert.ok(Math.abs(model.predictOne({ unknown: 3 }) - 13.75) < 1e-14)
})

test('forgets the oldest row when the window is full', () => {
  const model = learned({ neighbors: 1, window: 2 }, [
    [0, 1],
    [5, 2],
    [10, 3]
  ])
  assert.equal(model.size, 2)
  assert.equal(model.predictOne({ a: 0 }), 2)
})

test('rows without features are all at distance 0', () => {
  const model = new KnnRegressor()
  for (const y of [4, 5]) model.learnOne({}, y)
  assert.equal(model.predictOne({}), 4)
})

test('keeps only rows farther than the minimum distance from all it has kept', () => {
  const model = learned({ neighbors: 1, minDistanceKeep: 1 }, [
    [0, 1],
    [1, 2],
    [1.5, 3],
    [0.6, 4],
    [-1.01, 5]
  ])
  assert.equal(model.size, 3)
  assert.equal(model.predictOne({ a: 1 }), 3) // 1 was as far as the limit, 0.6 nearer than that.
  assert.equal(model.predictOne({ a: -2 }), 5)
})

test('with a minimum distance of 0 keeps equal rows as well', () => {
  assert.equal(
    learned({}, [
      [1, 1],
      [1, 1],
      [1, 1]
    ]).size,
    3
  )
})

test('predicts the mean when all neighbours are infinitely far', () => {
  const model = learned({ aggregation: 'weighted_mean' }, [
    [1, 10],
    [2, 30]
  ])
  const unknown = Object.fromEntries(Array.from({ length: 3 }, (_, index) => [`u${index}`, 1e100]))
  assert.ok(Math.abs(model.predictOne(unknown) - 20) < 1e-12)
})

test('the state holds the rows oldest first, whatever the ring', () => {
  const rows = [
    [0, 1],
    [5, 2],
    [10, 3],
    [15, 4]
  ] as const
  assert.deepEqual(learned({ window: 2 }, rows).toState(), learned({ window: 2 }, rows.slice(2)).toState())
})

test('refuses options that cannot be', () => {
  const refused: KnnRegressorOptions[] = [
    { neighbors: 0 },
    { neighbors: 2.5 },
    { neighbors: 10_001 },
    { window: 0 },
    { window: 1e9 },
    { aggregation: 'mode' as KnnAggregation },
    { minDistanceKeep: -1 },
    { minDistanceKeep: NaN }
  ]
  for (const options of refused) {
    assert.throws(() => new KnnRegressor(options), { code: 'MILL_OPTION_INVALID' }, JSON.stringify(options))
  }
})

test('refuses a state that no learner could have', () => {
  const options = { neighbors: 2, window: 2, aggregation: 'mean', minDistanceKeep: 0 }
  const state = { options, names: ['a'], rows: Float64Array.of(1, 2), targets: Float64Array.of(3, 4) }
  KnnRegressor.fromState(encodeState('KnnRegressor', 1, state))
  const refused = [
    { options: { ...options, neighbors: 0 } },
    { options: { ...options, window: 1 } },
    { options: { ...options, aggregation: 'mode' } },
    { options: { ...options, minDistanceKeep: NaN } },
    { rows: Float64Array.of(1) },
    { rows: Float64Array.of(1, NaN) },
    { targets: Float64Array.of(3) },
    { targets: Float64Array.of(3, Infinity) },
    { names: ['a', 'a'] },
    { names: [] }
  ]
  for (const change of refused) {
    const bytes = encodeState('KnnRegressor', 1, { ...state, ...change })
    assert.throws(() => KnnRegressor.fromState(bytes), { code: 'MILL_STATE_INVALID' }, JSON.stringify(change))
  }
})

test('a state cannot ask for more memory than it brings', () => {
  const model = new KnnRegressor({ neighbors: 10_000, window: 10_000_000 })
  model.learnOne({ a: 1 }, 2)
  const before = process.memoryUsage().arrayBuffers
  assert.equal(KnnRegressor.fromState(model.toState()).predictOne({ a: 3 }), 2)
  assert.ok(process.memoryUsage().arrayBuffers - before < 1e6)
})
