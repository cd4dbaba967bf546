import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resized, Row, rowLayout } from '../src/row.ts'

test('a layout sorts slots and knows where each value goes', () => {
  const layout = rowLayout(['c', 'a', 'x'], [2, 0, 3], 3)
  assert.deepEqual([...layout.slots], [0, 2, 3])
  assert.deepEqual([...layout.positions], [1, 0, 2])
  assert.equal(layout.known, 2)
})

test('a row has room for every value of its layout', () => {
  const row = new Row()
  const slots = Array.from({ length: 50 }, (_, index) => index)
  row.useLayout(rowLayout(slots.map(String), slots, 0))
  assert.ok(row.values.length >= 50)
})

test('resizing keeps what fits, and the rest is 0', () => {
  const array = Float64Array.of(1, 2)
  assert.equal(resized(array, 2), array)
  assert.deepEqual([...resized(array, 4)], [1, 2, 0, 0])
  assert.deepEqual([...resized(array, 1)], [1])
  assert.equal(resized(array, 1).buffer.byteLength, 8)
})
