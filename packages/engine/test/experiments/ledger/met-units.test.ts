import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { HashTable } from '../../../src/experiments/ledger/hash-table.ts'
import { MetUnits } from '../../../src/experiments/ledger/met-units.ts'

const word = fc.nat({ max: 0xffffffff })
const unit = fc.record(
  {
    first: word,
    second: word,
    arm: fc.nat({ max: 31 }),
    isOwnRequest: fc.boolean(),
    time: fc.integer({ min: 1_800_000_000_000, max: 1_800_000_000_100 })
  },
  { noNullPrototype: true }
)

interface Met {
  first: number
  second: number
  arm: number
  isOwnRequest: boolean
  time: number
}

function drained(met: MetUnits): Met[] {
  const all: Met[] = []
  met.drain((first, second, arm, isOwnRequest, time) => all.push({ first, second, arm, isOwnRequest, time }))
  return all
}

test('units come out as they went in, in their order and each once', () => {
  fc.assert(
    fc.property(fc.array(fc.array(unit, { maxLength: 20 }), { maxLength: 4 }), batches => {
      const met = new MetUnits(20)
      for (const batch of batches) {
        const sorted = batch.toSorted((one, other) => one.time - other.time)
        for (const { first, second, arm, isOwnRequest, time } of sorted) met.add(first, second, arm, isOwnRequest, time)
        assert.equal(met.isEmpty, batch.length === 0)
        assert.equal(met.isFull, batch.length === 20)
        for (const { first } of batch) assert.ok(met.mayHave(first))
        // Reading ahead changes nothing.
        met.approach(new HashTable(4))
        assert.deepEqual(drained(met), sorted)
        assert.ok(met.isEmpty)
      }
    })
  )
})

test('a unit that came is not taken for others once all are out', () => {
  const met = new MetUnits(2)
  met.add(7, 1, 0, false, 1_800_000_000_000)
  assert.equal(met.mayHave(8), false)
  drained(met)
  assert.equal(met.mayHave(7), false)
})

test('a clock that is set back takes no unit out of order', () => {
  const met = new MetUnits(2)
  met.add(1, 1, 0, false, 1_800_000_000_500)
  met.add(2, 1, 1, false, 1_800_000_000_400)
  assert.deepEqual(
    drained(met).map(({ time }) => time),
    [1_800_000_000_500, 1_800_000_000_500]
  )
})
