import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { BoxIndex } from '../src/box-index.ts'
import { RowWindow } from '../src/row-window.ts'

function positionsIn(bitmap: Int32Array): number[] {
  return Array.from({ length: 32 * bitmap.length }, (_, position) => position).filter(
    position => bitmap[position >>> 5]! & (1 << (position & 31))
  )
}

function indexed(limit: number, rows: readonly (readonly number[])[]): { window: RowWindow; index: BoxIndex } {
  const window = new RowWindow(limit)
  const index = new BoxIndex(window)
  window.reshape(rows[0]?.length ?? 0, window.limit)
  for (const row of rows) index.put(window.push(Float64Array.from(row), 0))
  return { window, index }
}

const coordinates = fc.oneof(
  fc.integer({ min: -4, max: 4 }),
  fc.double({ min: -1e3, max: 1e3, noNaN: true }),
  fc.double({ noNaN: true, noDefaultInfinity: true })
)
const rowLists = fc.array(fc.tuple(coordinates, coordinates, coordinates), { minLength: 1, maxLength: 300 })

test('a box holds every row within its radius', () => {
  fc.assert(
    fc.property(
      rowLists,
      fc.integer({ min: 1, max: 90 }),
      fc.tuple(coordinates, coordinates, coordinates),
      fc.double({ min: 0, max: 2e3, noNaN: true }),
      (rows, limit, centre, radius) => {
        const { window, index } = indexed(limit, rows)
        const selected = new Set(positionsIn(index.select(Float64Array.from(centre), radius)))
        for (let position = 0; position < window.size; position++) {
          const squares = centre.map((value, slot) => (value - window.values[3 * position + slot]!) ** 2)
          const distance = Math.sqrt(squares[0]! + squares[1]! + squares[2]!)
          if (distance <= radius)
            assert.ok(selected.has(position), `row ${position} at ${distance} is not in ${radius}`)
        }
        assert.ok(positionsIn(index.select(Float64Array.from(centre), Infinity)).length === window.size)
      }
    ),
    { numRuns: 300 }
  )
})

test('a box holds few of many rows', () => {
  const rows = Array.from({ length: 1000 }, (_, row) => [row % 10, Math.floor(row / 10) % 10, Math.floor(row / 100)])
  const { index } = indexed(1000, rows)
  const found = positionsIn(index.select(Float64Array.of(3, 4, 5), 0.5))
  assert.ok(found.includes(543) && found.length <= 27, `${found.length} rows`)
})

test('the cells follow a stream that moves away', () => {
  const rows = Array.from({ length: 3000 }, (_, row) => [row])
  const { index } = indexed(1000, rows)
  const found = positionsIn(index.select(Float64Array.of(2800), 5)).length
  assert.ok(found >= 11 && found < 600, `${found} rows`)
})

test('selects all rows when they have no features', () => {
  const { index } = indexed(
    40,
    Array.from({ length: 35 }, () => [])
  )
  assert.equal(positionsIn(index.select(new Float64Array(0), 1)).length, 35)
})

test('knows the rows again after they became wider', () => {
  const { window, index } = indexed(10, [[1], [2], [3]])
  window.reshape(2, window.limit)
  index.put(window.push(Float64Array.of(2, 50), 0))
  const found = positionsIn(index.select(Float64Array.of(2, 0), 1))
  for (const position of [0, 1, 2]) assert.ok(found.includes(position))
  assert.ok(positionsIn(index.select(Float64Array.of(2, 50), 1)).includes(3))
})
