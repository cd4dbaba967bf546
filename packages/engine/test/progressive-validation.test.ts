import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import { LastValue, SeasonalNaive } from '@millrace/online'
import { contenderNames, createContender } from '../src/evaluation/contenders.ts'
import { ProgressiveValidation, type Standing } from '../src/evaluation/progressive-validation.ts'
import { openReplay } from '../src/evaluation/replay-rows.ts'
import { sampleDataFile } from '../src/ingestion/sample-data.ts'

/** The shipped series begins with the airline series. */
const airlineRows = 144

/**
 * The predictions of an independent implementation (River's rules, double precision) for the airline series with 15
 * lags: row, actual, linear, ridge, knn with exact search.
 */
const reference = [
  [1, 112, 0, 0, 0],
  [2, 118, 2.24, 2.24, 112],
  [3, 132, 7.118457, 7.118457, 115],
  [4, 129, 16.812937, 16.78933, 120.666667],
  [5, 121, 28.886653, 28.795268, 122.75],
  [10, 119, 109.725891, 108.442687, 137.6],
  [16, 135, 138.588128, 137.03982, 120.8],
  [25, 145, 128.76683, 125.18368, 145.4],
  [50, 196, 194.651446, 191.014258, 178],
  [100, 348, 360.951094, 358.228186, 314.6],
  [144, 432, 402.550332, 390.222682, 332.4]
] as const

describe('the airline series', () => {
  const rows: { target: number; predictions: (number | undefined)[] }[] = []
  let standings: Standing[] = []
  const standingOf = (name: string): Standing => standings.find(standing => standing.name === name)!

  before(async () => {
    const contenders = contenderNames.map(name => createContender(name, { seed: 42, season: 12 }))
    const validation = new ProgressiveValidation(contenders)
    for await (const { features, target } of (await openReplay(sampleDataFile)).rows) {
      if (rows.length === airlineRows) break
      rows.push({ target, predictions: validation.step(features, target) })
    }
    standings = validation.standings()
  })

  test('is predicted as by the reference implementation', () => {
    const got = reference.map(([number]) => {
      const { target, predictions } = rows[number - 1]!
      return [number, target, ...predictions.slice(0, 3).map(prediction => Number(prediction!.toFixed(6)))]
    })
    assert.deepEqual(got, reference)
  })

  test('gives the mean absolute errors of the reference run', () => {
    const maeOf = (name: string): string => standingOf(name).mae!.toFixed(4)
    assert.deepEqual(['linear_regression', 'ridge_regression', 'knn_regressor'].map(maeOf), [
      '30.7299',
      '31.2652',
      '43.0797'
    ])
    const amf = standingOf('amf_regressor').mae!
    assert.ok(amf > 45 && amf < 51, `${amf}`)
  })

  test('counts the first row of last_value as predicted 0', () => {
    const { scored, mae } = standingOf('last_value')
    assert.deepEqual([scored, mae!.toFixed(4)], [144, '26.4583'])
  })

  test('scores seasonal_naive from the second season on', () => {
    assert.equal(standingOf('seasonal_naive').scored, 132)
    assert.deepEqual(
      rows.slice(0, 13).map(({ predictions }) => predictions[5]),
      [...Array.from({ length: 12 }, () => undefined), 112]
    )
  })
})

test('measures are over the rows that could be predicted, MAPE without actuals of 0', () => {
  const contender = { name: 'season', regressor: new SeasonalNaive({ season: 1 }), isBaseline: true }
  const validation = new ProgressiveValidation([contender], { now: () => 0 })
  const predictions = [10, 0, 4, 5].map(y => validation.step({}, y)[0])
  assert.deepEqual(predictions, [undefined, 10, 0, 4])
  // Errors 10 (of 0), 4 (of 4), 1 (of 5). Mean of the actuals 3, their squared deviations 9 + 1 + 4.
  assert.deepEqual(validation.standings(), [
    {
      name: 'season',
      isBaseline: true,
      scored: 3,
      mae: 5,
      comparableMae: 5,
      rmse: Math.sqrt(117 / 3),
      mape: 60,
      smape: validation.standings()[0]!.smape,
      r2: 1 - 117 / 14,
      microsecondsPerRow: 0
    }
  ])
  // 200 %, 200 % and 2 / 9.
  assert.ok(Math.abs(validation.standings()[0]!.smape! - (400 + 200 / 9) / 3) < 1e-12)
})

test('measures that no row counts for do not exist', () => {
  const contender = { name: 'season', regressor: new SeasonalNaive({ season: 5 }), isBaseline: true }
  const validation = new ProgressiveValidation([contender])
  assert.equal(validation.standings()[0]!.microsecondsPerRow, undefined)
  validation.step({}, 1)
  const { scored, mae, rmse, mape, smape, r2 } = validation.standings()[0]!
  assert.deepEqual([scored, mae, rmse, mape, smape, r2], [0, ...Array.from({ length: 5 }, () => undefined)])
  assert.equal(validation.rows, 1)
})

test('contenders compare over the rows that all who have a score were scored on', () => {
  const contenders = [
    { name: 'last', regressor: new LastValue(), isBaseline: true },
    { name: 'season 2', regressor: new SeasonalNaive({ season: 2 }), isBaseline: true },
    { name: 'season 9', regressor: new SeasonalNaive({ season: 9 }), isBaseline: true }
  ]
  const validation = new ProgressiveValidation(contenders)
  assert.equal(validation.comparableFrom, undefined)
  const comparable = () => validation.standings().map(({ comparableMae }) => comparableMae)
  for (const y of [10, 13]) validation.step({}, y)
  // The last value errs by 10 and 3 and is alone so far.
  assert.deepEqual([validation.comparableFrom, comparable()], [1, [6.5, undefined, undefined]])
  for (const y of [20, 15]) validation.step({}, y)
  // On rows 3 and 4 the last value errs by 7 and 5, the value before it by 10 and 2.
  assert.deepEqual([validation.comparableFrom, comparable()], [3, [6, 6, undefined]])
  assert.equal(validation.standings()[0]!.mae, 25 / 4)
})

test('time is that of predicting and learning, per contender', () => {
  let time = 0
  const slow = (ms: number) => {
    const regressor = new LastValue()
    const learnOne = regressor.learnOne.bind(regressor)
    regressor.learnOne = (x, y) => {
      time += ms
      learnOne(x, y)
    }
    return { name: `${ms} ms`, regressor, isBaseline: true }
  }
  const validation = new ProgressiveValidation([slow(2), slow(3)], { now: () => time })
  for (const y of [1, 2]) validation.step({}, y)
  assert.deepEqual(
    validation.standings().map(({ microsecondsPerRow }) => microsecondsPerRow),
    [2000, 3000]
  )
})

test('every name makes a contender of that name, and only the rules are baselines', () => {
  const made = contenderNames.map(name => createContender(name, { seed: 1, season: 7 }))
  assert.deepEqual(
    made.map(({ name, isBaseline }) => [name, isBaseline]),
    [
      ['linear_regression', false],
      ['ridge_regression', false],
      ['knn_regressor', false],
      ['amf_regressor', false],
      ['last_value', true],
      ['seasonal_naive', true]
    ]
  )
})
