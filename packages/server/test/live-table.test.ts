import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import type { LiveRow } from '../src/terminal/live-columns.ts'
import { type LiveState, liveTable } from '../src/terminal/live-table.ts'

const linear: LiveRow = {
  name: 'linear_regression',
  isBaseline: false,
  count: 144,
  prediction: 430.5,
  actual: 432,
  metrics: { mae: 30.7299, rmse: 45.5, mape: 12.345 },
  recentErrors: [3, 0, 1.5]
}
const baseline: LiveRow = {
  name: 'last_value',
  isBaseline: true,
  count: 0,
  prediction: undefined,
  actual: 432,
  metrics: undefined,
  recentErrors: [undefined]
}
const state: LiveState = {
  version: '0.1.0',
  addresses: [
    { name: 'inference', url: 'http://127.0.0.1:8000' },
    { name: 'features', url: 'http://127.0.0.1:8001' },
    { name: 'ingestion', url: 'http://127.0.0.1:8002' }
  ],
  position: { number: 144, total: 744, input: '1960-12' },
  waitingFor: [],
  isExhausted: false,
  isReader: false,
  isResumed: false,
  intervalSeconds: 1,
  resetUrl: 'http://127.0.0.1:8002/reset',
  rows: [linear, baseline]
}
const plain = { columns: 80, rows: 24, hasColour: false }

test('shows where to look, where the stream is, the rows and how to stop', () => {
  assert.deepEqual(liveTable(state, plain), [
    'millrace 0.1.0   http://127.0.0.1:8000/docs',
    'features :8001   ingestion :8002',
    '',
    'observation 144/744, 1960-12   a step every 1 s',
    '',
    'model              predicted  actual    error     MAE    RMSE     MAPE  |error|',
    '─────────────────  ─────────  ──────  ───────  ──────  ──────  ───────  ───────',
    'linear_regression     430.50     432     1.50   30.73   45.50   12.35%  █▁▅',
    'last_value *               -     432        -       -       -        -',
    '',
    'Ctrl-C stops   * baseline: learns nothing   bars share one scale'
  ])
})

test('bars of all rows share one scale, so that rows can be compared', () => {
  const rows = [linear, { ...linear, name: 'b', recentErrors: [30, 3] }]
  const lines = liveTable({ ...state, rows }, plain)
  assert.match(lines[7]!, /▂▁▁$/) // 3 of 30 is 0.7 of 7 steps
  assert.match(lines[8]!, /█▂$/)
})

test('a wide terminal shows more of the past, a narrow one cuts the lines, none is too long', () => {
  const rows = [{ ...linear, recentErrors: Array.from({ length: 40 }, (_, index) => index) }, baseline]
  for (const columns of [200, 120, 80, 60, 40, 20, 2, 1]) {
    for (const hasColour of [true, false]) {
      const lines = liveTable({ ...state, rows }, { ...plain, columns, hasColour })
      const longest = Math.max(...lines.map(line => Array.from(stripVTControlCharacters(line)).length))
      assert.ok(longest <= Math.max(1, columns - 1), `${longest} at ${columns} columns`)
    }
  }
  assert.match(liveTable({ ...state, rows }, { ...plain, columns: 120 })[5]!, /\|error\|, last 40$/)
  assert.match(liveTable({ ...state, rows }, { ...plain, columns: 60 })[7]!, /^linear_regression .*…$/)
})

test('a short terminal loses the empty lines first, then the addresses, then the hint, then rows', () => {
  const all = liveTable(state, plain)
  const at = (rows: number): string[] => liveTable(state, { ...plain, rows })
  assert.deepEqual(at(12), all)
  const dense = all.filter(line => line !== '')
  assert.deepEqual(at(11), dense)
  assert.deepEqual(at(9), dense)
  assert.deepEqual(at(8), dense.slice(2))
  assert.deepEqual(at(6), dense.slice(2, -1))
  assert.deepEqual(at(4), dense.slice(2, 5))
  assert.deepEqual(at(1), dense.slice(2, 3))
})

test('colours change nothing but colours, and there are none unless wanted', () => {
  const coloured = liveTable(state, { ...plain, hasColour: true })
  assert.deepEqual(coloured.map(stripVTControlCharacters), liveTable(state, plain))
  assert.notDeepEqual(coloured, liveTable(state, plain))
})

test('the lowest MAE of a model is marked, not that of a baseline, which may be over fewer rows', () => {
  const better = { ...linear, name: 'b', metrics: { mae: 20, rmse: 1, mape: 1 } }
  const late = { ...better, name: 'c', isBaseline: true, metrics: { mae: 10, rmse: 1, mape: 1 } }
  const lines = liveTable({ ...state, rows: [linear, better, late] }, { ...plain, hasColour: true })
  assert.ok(lines[8]!.includes('\u001b[32m20.00\u001b[39m'))
  for (const line of [7, 9]) assert.ok(!lines[line]!.includes('\u001b[32m'))
})

function positionOf(change: Partial<LiveState>): string {
  return liveTable({ ...state, ...change }, plain)[3]!
}

test('says what to do at the end of the stream, and what it waits for', () => {
  assert.equal(
    positionOf({ isExhausted: true }),
    'end of the stream; to start again: curl -X POST http://127.0.0.1:8002/reset'
  )
  assert.equal(positionOf({ position: undefined }), 'waiting for the first observation, a step every 1 s')
})

test('numbers too large for a column get an exponent', () => {
  const row = { ...linear, prediction: 1.5e12, actual: 1e12 }
  assert.match(liveTable({ ...state, rows: [row] }, plain)[7]!, /1\.50e\+12 {2}1000000000000 {2}-5\.00e\+11/)
})

test('without steps the counts tell who has learned, and nothing is said of baselines', () => {
  const lines = liveTable({ ...state, intervalSeconds: 0, rows: [linear] }, plain)
  assert.equal(lines[3], 'stepping is off (PIPELINE_INTERVAL=0); the models learn from requests only')
  assert.match(lines[5]!, /^model +count +predicted .* MAPE$/)
  assert.match(lines[7]!, /^linear_regression +144 +430\.50 /)
  assert.equal(lines.at(-1), 'Ctrl-C stops')
})

test('a wide terminal has room for counts and errors', () => {
  assert.match(
    liveTable(state, { ...plain, columns: 100 })[5]!,
    /^model +count +predicted .* MAPE {2}\|error\|, last 20$/
  )
})

test('a label with control characters breaks no line and sends nothing to the terminal', () => {
  const input = 'a\nb\u001b[2J'
  assert.equal(positionOf({ position: { number: 1, total: 2, input } }), 'observation 1/2, a b [2J   a step every 1 s')
})

test('a stream that waits for a model says so instead of its pace', () => {
  const [line] = liveTable({ ...state, waitingFor: ['knn_regressor', 'amf_regressor'] }, plain).slice(3)
  assert.equal(line, 'observation 144/744, 1960-12   waiting for knn_regressor, amf_regressor')
})

test('a reader says that it only follows', () => {
  const [line] = liveTable({ ...state, isReader: true, intervalSeconds: 0 }, plain).slice(3)
  assert.equal(line, 'following the process that teaches these models (MILLRACE_ROLE=reader)')
})

test('where models knew something before, counts are shown, and baselines say since when they are scored', () => {
  const lines = liveTable({ ...state, isResumed: true }, { ...plain, columns: 90 })
  assert.match(lines[5]!, /^model +count /)
  assert.equal(
    lines.at(-1),
    'Ctrl-C stops   * baseline: learns nothing, scored since this start   bars share one scale'
  )
})
