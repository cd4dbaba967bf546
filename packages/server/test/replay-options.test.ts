import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseReplayOptions } from '../src/cli/replay-options.ts'

const models = [
  'linear_regression',
  'ridge_regression',
  'knn_regressor',
  'amf_regressor',
  'last_value',
  'seasonal_naive'
]

test('a file is all that is needed', () => {
  assert.deepEqual(parseReplayOptions(['data.csv']), {
    file: 'data.csv',
    target: undefined,
    time: undefined,
    lags: undefined,
    season: 12,
    models,
    limit: Infinity,
    seed: 42,
    rowsPerSecond: undefined,
    output: 'text'
  })
})

test('every option is read', () => {
  const line =
    '--target y --time t --lags 0 --season 24 --models last_value,knn_regressor,last_value --limit 9 --seed 0 --speed 2.5/s --csv data.csv'
  assert.deepEqual(parseReplayOptions(line.split(' ')), {
    file: 'data.csv',
    target: 'y',
    time: 't',
    lags: 0,
    season: 24,
    models: ['last_value', 'knn_regressor'],
    limit: 9,
    seed: 0,
    rowsPerSecond: 2.5,
    output: 'csv'
  })
})

for (const [line, message] of [
  ['', 'name the CSV file to replay'],
  ['a.csv b.csv', 'one file at a time, got also b.csv'],
  ['a.csv --json --csv', '--json and --csv exclude each other'],
  ['a.csv --lags -1', /^Option '--lags' argument is ambiguous.+ use '--lags=-XYZ'\.$/],
  ['a.csv --lags=-1', '--lags must be an integer from 0 to 1000, got -1'],
  ['a.csv --lags 1001', '--lags must be an integer from 0 to 1000, got 1001'],
  ['a.csv --season 0', '--season must be an integer from 1 to 1000000, got 0'],
  ['a.csv --limit 0', '--limit must be an integer >= 1, got 0'],
  ['a.csv --seed 1.5', '--seed must be an integer >= 0, got 1.5'],
  ['a.csv --speed fast', '--speed must be max or rows a second as in 100/s, got fast'],
  ['a.csv --speed 0/s', '--speed must be max or rows a second as in 100/s, got 0/s'],
  [
    'a.csv --models last_value,knn_regresor',
    `there is no model knn_regresor, choose one of ${models.join(', ')}; did you mean knn_regressor?`
  ],
  ['a.csv --models=', `there is no model , choose one of ${models.join(', ')}`],
  ['a.csv --colour', /Unknown option '--colour'/]
] as const) {
  test(`used wrongly: replay ${line}`, () => {
    assert.throws(() => parseReplayOptions(line.split(' ').filter(Boolean)), { code: 'MILL_OPTION_INVALID', message })
  })
}
