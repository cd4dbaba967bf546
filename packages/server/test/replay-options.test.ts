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
    configurations: [],
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
    configurations: [],
    limit: 9,
    seed: 0,
    rowsPerSecond: 2.5,
    output: 'csv'
  })
})

test('learners with settings of their own stand beside the baselines, or beside --models', () => {
  const configurations = [
    {
      label: 'knn_regressor n_neighbors=9 window=50',
      name: 'knn_regressor',
      parameters: { n_neighbors: '9', window: '50' }
    },
    { label: 'amf_regressor', name: 'amf_regressor', parameters: {} }
  ]
  const line = 'a.csv --model knn_regressor --set n_neighbors=9 --set window=50 --model amf_regressor'
  const options = parseReplayOptions(line.split(' '))
  assert.ok('file' in options)
  assert.deepEqual([options.models, options.configurations], [['last_value', 'seasonal_naive'], configurations])
  const more = parseReplayOptions(`${line} --models knn_regressor`.split(' '))
  assert.ok('file' in more)
  assert.deepEqual([more.models, more.configurations], [['knn_regressor'], configurations])
})

test('a journal is all that is needed, and every option for one is read', () => {
  assert.deepEqual(parseReplayOptions(['--journal', 'linear']), {
    journal: 'linear',
    dataDir: undefined,
    configurations: { list: [], loose: {} },
    from: undefined,
    to: Infinity,
    season: 12,
    seed: undefined,
    output: 'text'
  })
  const line = '--journal x --data-dir d --from 5 --to 9 --season 3 --seed 0 --json --set l2=0.5 --set lr='
  assert.deepEqual(parseReplayOptions(line.split(' ')), {
    journal: 'x',
    dataDir: 'd',
    configurations: { list: [], loose: { l2: '0.5', lr: '' } },
    from: 5,
    to: 9,
    season: 3,
    seed: 0,
    output: 'json'
  })
})

for (const [line, message] of [
  ['', 'name the CSV file to replay, or a learner with --journal'],
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
  ['a.csv --colour', /Unknown option '--colour'/],
  ['a.csv --journal x', 'either a file or --journal, got also a.csv'],
  ['--journal x --lags 3', '--lags is for a file, not for --journal'],
  ['--journal x --models knn_regressor', '--models is for a file, not for --journal'],
  ['a.csv --from 3', '--from is for --journal'],
  ['a.csv --data-dir d', '--data-dir is for --journal'],
  ['--journal x --from 3 --to 2', '--from must not be after --to, got 3 and 2'],
  ['a.csv --set n_neighbors=9', '--set n_neighbors=9 needs a --model before it'],
  [
    '--journal x --set n_neighbors=9 --model knn_regressor',
    '--set n_neighbors=9 must come after the --model that it is for'
  ],
  ['--journal x --model knn', `there is no model knn, choose one of ${models.join(', ')}`],
  ['--journal x --model knn_regressor --set nine', '--set must be NAME=VALUE, got nine'],
  ['--journal x --model knn_regressor --set =9', '--set must be NAME=VALUE, got =9'],
  ['--journal x --model knn_regressor --set l2=1 ', /^knn_regressor has no parameter l2; it has /],
  ['--journal x --model knn_regressor --set neighbors=few', /^neighbors must be a number, got few$/],
  ['--journal x --model knn_regressor --set neighbors=0', /^neighbors must be /],
  ['--journal x --model knn_regressor --set neighbors=1 --set n_neighbors=2', /^n_neighbors must be given once/],
  ['--journal x --model knn_regressor --set window=1 --set window=1', '--set window is given twice for one model'],
  ['--journal x --model last_value --set window=1', 'last_value has no settings'],
  ['--journal x --model last_value --model last_value', '--model last_value is given twice'],
  ['a.csv --models last_value --model last_value', '--model last_value is among --models already']
] as const) {
  test(`used wrongly: replay ${line}`, () => {
    assert.throws(() => parseReplayOptions(line.split(' ').filter(Boolean)), { code: 'MILL_OPTION_INVALID', message })
  })
}
