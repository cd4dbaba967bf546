import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  KnnRegressor,
  LastValue,
  LinearRegression,
  Mae,
  Pipeline,
  type Regressor,
  SeasonalNaive,
  StandardScaler
} from '../src/index.ts'
import { readTable } from './parity.ts'

const lags = 15
const passengers = readTable('airline_passengers.csv').map(row => Number(row['passengers']))

/** The values before row `index`, latest first; 0 where there was none yet. */
function lagFeatures(index: number): Record<string, number> {
  return Object.fromEntries(
    Array.from({ length: lags }, (_, lag) => [`in_${lag + 1}`, passengers[index - 1 - lag] ?? 0])
  )
}

/** Predict, then learn; every row counts, also those predicted as 0 because nothing is known yet. */
function run(model: Regressor): { predictions: number[]; mae: number } {
  const mae = new Mae()
  const predictions = passengers.map((y, index) => {
    const x = lagFeatures(index)
    const prediction = model.predictOne(x)
    mae.update(y, prediction)
    model.learnOne(x, y)
    return prediction
  })
  return { predictions, mae: mae.value }
}

const scaled = (regressor: LinearRegression | KnnRegressor) => new Pipeline(new StandardScaler(), regressor)

// Row (from 1) to prediction, and the mean absolute error of the 144 rows.
const runs: { name: string; make: () => Regressor; rows: Record<number, number>; mae: number }[] = [
  {
    name: 'linear regression',
    make: () => scaled(new LinearRegression()),
    rows: {
      1: 0,
      2: 2.24,
      3: 7.118457,
      4: 16.812937,
      5: 28.886653,
      10: 109.725891,
      16: 138.588128,
      25: 128.76683,
      50: 194.651446,
      100: 360.951094,
      144: 402.550332
    },
    mae: 30.7299
  },
  {
    name: 'ridge regression',
    make: () => scaled(new LinearRegression({ l2: 1 })),
    rows: {
      1: 0,
      2: 2.24,
      3: 7.118457,
      4: 16.78933,
      5: 28.795268,
      10: 108.442687,
      16: 137.03982,
      25: 125.18368,
      50: 191.014258,
      100: 358.228186,
      144: 390.222682
    },
    mae: 31.2652
  },
  {
    name: 'k nearest neighbours',
    make: () => scaled(new KnnRegressor({ neighbors: 5, window: 1000 })),
    rows: {
      1: 0,
      2: 112,
      3: 115,
      4: 120.666667,
      5: 122.75,
      10: 137.6,
      16: 120.8,
      25: 145.4,
      50: 178,
      100: 314.6,
      144: 332.4
    },
    mae: 43.0797
  },
  { name: 'last value', make: () => new LastValue(), rows: { 1: 0, 2: 112, 3: 118 }, mae: 26.4583 }
]

for (const { name, make, rows, mae } of runs) {
  test(`the airline series with 15 lags gives the reference run: ${name}`, () => {
    const result = run(make())
    const found = Object.fromEntries(
      Object.keys(rows).map(row => [row, result.predictions[Number(row) - 1]!.toFixed(6)])
    )
    assert.deepEqual(found, Object.fromEntries(Object.entries(rows).map(([row, value]) => [row, value.toFixed(6)])))
    assert.equal(result.mae.toFixed(4), mae.toFixed(4))
  })
}

test('the reference MAE of the last value counts row 1, where nothing is known, as a prediction of 0', () => {
  const errors = passengers.slice(1).map((y, index) => Math.abs(y - passengers[index]!))
  const later = errors.reduce((sum, error) => sum + error, 0)
  assert.equal(((passengers[0]! + later) / 144).toFixed(4), '26.4583')
  assert.equal((later / 143).toFixed(4), '25.8601')
})

test('a season ago predicts each month as it was a year before', () => {
  const { predictions } = run(new SeasonalNaive({ season: 12 }))
  assert.deepEqual(predictions, [...Array.from({ length: 12 }, () => 0), ...passengers.slice(0, -12)])
})
