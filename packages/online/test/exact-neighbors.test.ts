import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ExactNeighbors } from '../src/exact-neighbors.ts'

interface Found {
  distance: number
  /** Number of the row in the stream. */
  row: number
}

/** What the search must find: all distances computed, sorted by distance and then age. */
function byComparingAll(
  rows: readonly (readonly number[])[],
  query: readonly number[],
  beyond: number,
  wanted: number,
  limit: number
): Found[] {
  const first = Math.max(0, rows.length - limit)
  return rows
    .slice(first)
    .map((row, index) => {
      const squares = query.reduce((sum, value, slot) => sum + (value - row[slot]!) * (value - row[slot]!), 0)
      return { distance: Math.sqrt(squares + beyond), row: first + index }
    })
    .toSorted((a, b) => (a.distance === b.distance ? a.row - b.row : a.distance - b.distance))
    .slice(0, wanted)
}

function found(neighbors: ExactNeighbors, query: readonly number[], beyond: number): Found[] {
  const count = neighbors.nearest(Float64Array.from(query), beyond)
  return Array.from({ length: count }, (_, place) => ({
    distance: neighbors.distances[place]!,
    row: neighbors.window.targets[neighbors.positions[place]!]!
  }))
}

function assertExact(
  rows: readonly (readonly number[])[],
  queries: readonly (readonly number[])[],
  beyond: number,
  wanted: number,
  limit: number
): void {
  const neighbors = new ExactNeighbors(limit, wanted)
  neighbors.reshape(rows[0]!.length, neighbors.window.limit)
  for (const [row, values] of rows.entries()) {
    const query = queries[row % queries.length]!
    assert.deepEqual(found(neighbors, query, beyond), byComparingAll(rows.slice(0, row), query, beyond, wanted, limit))
    neighbors.add(Float64Array.from(values), row)
  }
}

// Whole numbers tie; neighbours in the last bit have different squares with the same root.
const coordinates = fc.oneof(
  fc.integer({ min: -2, max: 2 }),
  fc.integer({ min: 0, max: 3 }).map(ulps => 1 + ulps * Number.EPSILON),
  fc.double({ min: -10, max: 10, noNaN: true }),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(1e-170, 2e-170, 1e200, -1e200, 5e-324)
)
const points = fc.tuple(coordinates, coordinates)

test('finds what comparing with every row finds, ties and extremes included', () => {
  fc.assert(
    fc.property(
      fc.array(points, { minLength: 1, maxLength: 150 }),
      fc.array(points, { minLength: 1, maxLength: 10 }),
      fc.constantFrom(0, 0, 0.25, 1e300),
      fc.integer({ min: 1, max: 8 }),
      fc.integer({ min: 1, max: 100 }),
      (rows, queries, beyond, wanted, limit) => assertExact(rows, queries, beyond, wanted, limit)
    ),
    { numRuns: 200 }
  )
})

/** Numbers from 0 to 1 that look random enough (a linear congruential generator). */
function uniform(seed: number): () => number {
  let state = seed
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
}

const streams: Record<string, (random: () => number, row: number, slot: number) => number> = {
  uniform: random => random(),
  'on a grid': random => Math.floor(4 * random()),
  'moving away': (random, row, slot) => (slot === 0 ? row : random()),
  'changing scale': (random, row) => random() * 10 ** ((row >>> 6) % 7),
  'in two far clusters': random => (random() < 0.1 ? 1e6 : 0) + random(),
  'mostly the same': random => (random() < 0.9 ? 5 : random())
}

for (const [name, coordinate] of Object.entries(streams)) {
  test(`finds what comparing with every row finds in a long stream: ${name}`, () => {
    const random = uniform(7)
    const point = (row: number) => [0, 1, 2, 3].map(slot => coordinate(random, row, slot))
    const rows = Array.from({ length: 1200 }, (_, row) => point(row))
    const queries = Array.from({ length: 1200 }, (_, row) => point(row))
    assertExact(rows, queries, 0, 5, 200)
  })
}

test('of two squares with the same root the oldest row is nearest', () => {
  // The squares 1 + 2^-52 and 1 differ, their roots do not.
  const neighbors = new ExactNeighbors(10, 1)
  neighbors.reshape(2, neighbors.window.limit)
  neighbors.add(Float64Array.of(1, 2 ** -26), 0)
  neighbors.add(Float64Array.of(1, 0), 1)
  assert.deepEqual(found(neighbors, [0, 0], 0), [{ distance: 1, row: 0 }])
})

test('tells whether a row is within a distance, the distance included', () => {
  const neighbors = new ExactNeighbors(10, 2)
  neighbors.reshape(2, neighbors.window.limit)
  assert.equal(neighbors.hasWithin(Float64Array.of(0, 0), 100), false)
  neighbors.add(Float64Array.of(3, 4), 0)
  assert.equal(neighbors.hasWithin(Float64Array.of(0, 0), 5), true)
  assert.equal(neighbors.hasWithin(Float64Array.of(0, 0), 4.999), false)
})
