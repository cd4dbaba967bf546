import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RowWindow } from '../src/row-window.ts'

function filled(limit: number, rows: number): RowWindow {
  const window = new RowWindow(limit)
  window.reshape(2, window.limit)
  for (let row = 0; row < rows; row++) window.push(Float64Array.of(row, -row), 10 * row)
  return window
}

for (const [limit, rows] of [
  [5, 3],
  [5, 5],
  [5, 12],
  [100, 70],
  [100, 250],
  [1, 4]
] as const) {
  test(`of ${rows} rows a window of ${limit} keeps the last, in order`, () => {
    const window = filled(limit, rows)
    const kept = Array.from({ length: rows }, (_, row) => row).slice(-limit)
    const { values, targets } = window.oldestFirst()
    assert.equal(window.size, kept.length)
    assert.deepEqual(
      [...values],
      kept.flatMap(row => [row, -row])
    )
    assert.deepEqual(
      [...targets],
      kept.map(row => 10 * row)
    )
    for (let position = 0; position < window.size; position++) {
      assert.equal(window.rank(position), kept.indexOf(window.targets[position]! / 10))
    }
  })
}

test('takes no more room than the limit, and little for few rows', () => {
  assert.equal(filled(100, 250).capacity, 100)
  assert.ok(filled(1_000_000, 3).capacity < 100)
})

test('older rows have 0 for a feature that comes later', () => {
  const window = filled(3, 4)
  window.reshape(3, window.limit)
  window.push(Float64Array.of(7, 8, 9), 70)
  assert.deepEqual([...window.oldestFirst().values], [2, -2, 0, 3, -3, 0, 7, 8, 9])
})

test('copies the row', () => {
  const window = filled(3, 0)
  const row = Float64Array.of(1, 2)
  window.push(row, 5)
  row.fill(9)
  assert.deepEqual([...window.oldestFirst().values], [1, 2])
})

test('rows without features are rows too', () => {
  const window = new RowWindow(2)
  for (const target of [1, 2, 3]) window.push(new Float64Array(0), target)
  assert.deepEqual(window.oldestFirst(), { values: new Float64Array(0), targets: Float64Array.of(2, 3) })
})
