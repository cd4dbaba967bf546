import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Generations } from '../../../src/experiments/ledger/generations.ts'
import { HashTable, shardCount } from '../../../src/experiments/ledger/hash-table.ts'

const word = fc.nat({ max: 0xffffffff })
/** Few parts and places, so that entries meet. */
const hash = fc.tuple(
  fc.oneof(
    fc.integer({ min: 1, max: 20 }),
    word.map(n => n || 1)
  ),
  fc.oneof(fc.nat({ max: 3 }), word)
)
const puts = fc.array(fc.tuple(hash, word), { maxLength: 300 })

function filled(all: readonly (readonly [readonly [number, number], number])[]): [HashTable, Map<string, number>] {
  const table = new HashTable(4)
  const map = new Map<string, number>()
  for (const [[first, second], value] of all) {
    assert.equal(table.put(first, second), !map.has(`${first} ${second}`))
    table.words[table.at + 2] = value
    map.set(`${first} ${second}`, value)
  }
  return [table, map]
}

function contents(table: HashTable): Map<string, number> {
  const map = new Map<string, number>()
  table.forEach(() => {
    const { words, at } = table
    map.set(`${words[at]} ${words[at + 1]}`, words[at + 2]!)
  })
  return map
}

test('a table holds what a map holds', () => {
  fc.assert(
    fc.property(puts, hash, (all, [first, second]) => {
      const [table, map] = filled(all)
      assert.equal(table.size, map.size)
      assert.deepEqual(contents(table), map)
      assert.equal(table.find(first, second), map.has(`${first} ${second}`))
      for (const [key, value] of map) {
        const [one, other] = key.split(' ').map(Number)
        assert.ok(table.find(one!, other!))
        assert.equal(table.words[table.at + 2], value)
      }
    })
  )
})

test('a table that takes over the parts of another holds what that holds', () => {
  fc.assert(
    fc.property(puts, puts, (all, before) => {
      const [table, map] = filled(all)
      const [other] = filled(before)
      for (let part = 0; part < shardCount; part++) other.adoptPart(part, table.copyOfPart(part) ?? new Uint32Array(0))
      assert.deepEqual(contents(other), map)
      assert.equal(other.size, map.size)
    })
  )
})

test('a unit takes no more than 46 bytes, but for small tables', () => {
  const table = new HashTable(4)
  let most = 0
  for (let unit = 1; unit < 200_000; unit++) {
    table.put(Math.imul(unit, 0x9e3779b1) >>> 0, Math.imul(unit, 0x85ebca6b) >>> 0)
    if (unit > 20_000) most = Math.max(most, table.memoryBytes / table.size)
  }
  assert.ok(most <= 46.5, String(most))
})

test('generations forget the oldest, an eighth at a time', () => {
  const generations = new Generations(4, 80)
  for (let id = 1; id <= 1000; id++) {
    generations.put(id, id)
    assert.ok(generations.find(id, id))
    assert.ok(generations.size <= 80)
    // Seven eighths are there at least.
    for (const recent of [id - 35, id - 69]) if (recent > 0) assert.ok(generations.find(recent, recent))
  }
  assert.equal(generations.find(900, 900), false)
})
