import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { place } from '../../../src/experiments/ledger/arm-counts.ts'
import { Counted } from '../../../src/experiments/ledger/counted.ts'
import { foldRecord } from '../../../src/experiments/ledger/fold-record.ts'
import type { ExperimentTally } from '../../../src/experiments/ledger/ledger.ts'
import { LedgerState } from '../../../src/experiments/ledger/ledger-state.ts'
import { holdsAll, mergeInto } from '../../../src/experiments/ledger/merge-states.ts'
import { noHash, type OutcomeFact } from '../../../src/experiments/ledger/outcome-fact.ts'
import { RecordWriter } from '../../../src/experiments/ledger/record-codec.ts'
import { headsIn, imageOf, stateOf } from '../../../src/experiments/ledger/state-image.ts'
import { metrics } from './ledger-contract.ts'

// What several processes write about the same units, requests and outcomes, told in any order, must come to the same.

const limits = { units: 1000, outcomeIds: 1000, waitingOutcomes: 100 }
const start = 1_800_000_000_000
const runs = ['a', 'b', 'c'].map(letter => letter.repeat(16))
const experiments = ['x', 'y']

const hash = fc.integer({ min: 1, max: 4 }).map(number => ({ first: number, second: 7 * number }))
const time = fc.integer({ min: 0, max: 12_000 }).map(ms => start + ms)
const arm = fc.nat({ max: 2 })
const experiment = fc.constantFrom(...experiments)

type Say = (writer: RecordWriter) => void

const exposure: fc.Arbitrary<Say> = fc.tuple(experiment, hash, arm, fc.boolean(), time).map(
  ([of, { first, second }, to, own, at]) =>
    writer =>
      writer.exposure(of, first, second, to, own, at)
)
const counted: fc.Arbitrary<Say> = fc
  .tuple(experiment, arm, fc.nat({ max: 9 }), time)
  .map(([of, to, count, at]) => writer => {
    const counts = new Counted()
    counts.arm(to)[place.requests] = count
    counts.arm(to)[place.sumMs] = count / 4
    writer.counted(of, counts, at)
  })
const outcome: fc.Arbitrary<Say> = fc
  .record({
    experiment: fc.option(experiment, { nil: undefined }),
    metric: fc.constantFrom('bought', 'spent'),
    id: fc.integer({ min: 1, max: 6 }),
    unit: fc.option(hash, { nil: noHash }),
    request: fc.option(hash, { nil: noHash }),
    isPassing: fc.constantFrom(false, false, true),
    value: fc.integer({ min: -4, max: 4 }),
    time
  })
  .map(said => {
    const told = said.value + 4
    // The metric is part of what an id is the hash of.
    const id = { first: said.id + (said.metric === 'spent' ? 100 : 0), second: said.id }
    const isPassing = said.isPassing && said.experiment !== undefined && said.unit.first !== 0
    // A unit that cannot come back was served by one arm.
    const fact: OutcomeFact = { ...said, id, told, passingArm: isPassing ? said.unit.first % 3 : -1, label: undefined }
    return writer => writer.outcome(fact)
  })
const says = fc.array(fc.oneof(exposure, exposure, counted, outcome), { maxLength: 4 })
/** For each run its records in order. */
const journals = fc.tuple(...runs.map(() => fc.array(says, { maxLength: 6 }))).map(all =>
  all.map((records, index) =>
    records.map((record, before) => {
      const writer = new RecordWriter()
      for (const say of record) say(writer)
      return writer.take({ run: runs[index]!, number: before + 1 })
    })
  )
)

/** All records, mixed in an order that keeps that of each run. */
function mixed(all: readonly Buffer[][], order: readonly number[]): Buffer[] {
  const rest = all.map(records => [...records])
  const result: Buffer[] = []
  for (let step = 0; rest.some(({ length }) => length > 0); step++) {
    const full = rest.filter(({ length }) => length > 0)
    result.push(full[(order[step % order.length] ?? 0) % full.length]!.shift()!)
  }
  return result
}

function folded(records: readonly Buffer[], state = new LedgerState(limits)): LedgerState {
  for (const record of records) foldRecord(state, record)
  return state
}

function reread(state: LedgerState): LedgerState {
  return stateOf(Buffer.concat([...imageOf(state)]), limits)
}

/** What is known, without the time of the last change. */
function known(state: LedgerState): unknown {
  return experiments.map(id => {
    const shape = { arms: 3, metrics }
    const unknown = ['bought', 'spent'].map(name => state.waiting.unknown(id, name))
    const tally: Partial<ExperimentTally> = { ...state.experiments.get(id)?.tally(shape, [], 0), updatedAt: 0 }
    return { tally, unknown }
  })
}

const orders = fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 8 })

describe('records that several processes wrote', () => {
  test('make the same state in any order, and however often they come', () => {
    fc.assert(
      fc.property(journals, orders, orders, (all, one, other) => {
        const expected = known(folded(mixed(all, one)))
        assert.deepEqual(known(folded(mixed(all, other))), expected)
        const twice = folded(mixed(all, one))
        assert.deepEqual(known(folded(mixed(all, other), twice)), expected)
      }),
      { numRuns: 300 }
    )
  })

  test('make the same state through an image of a part of them', () => {
    fc.assert(
      fc.property(journals, orders, fc.nat({ max: 18 }), (all, order, cut) => {
        const records = mixed(all, order)
        const expected = known(folded(records))
        const part = reread(folded(records.slice(0, cut)))
        assert.deepEqual(known(folded(records.slice(cut), part)), expected)
        assert.deepEqual(known(reread(folded(records))), expected)
      }),
      { numRuns: 300 }
    )
  })

  test('make the same state when two that know different parts of them are merged', () => {
    fc.assert(
      fc.property(journals, orders, orders, fc.nat({ max: 18 }), fc.nat({ max: 18 }), (all, one, other, a, b) => {
        const left = folded(mixed(all, one).slice(0, a))
        const right = folded(mixed(all, other).slice(0, b))
        mergeInto(left, reread(right))
        assert.ok(holdsAll(left, right.heads))
        assert.deepEqual(known(folded(mixed(all, one), left)), known(folded(mixed(all, other))))
      }),
      { numRuns: 300 }
    )
  })
})

test('an image that is changed or cut is refused with a code, or is one', () => {
  const writer = new RecordWriter()
  for (let unit = 1; unit < 30; unit++) writer.exposure('x', unit, unit, 0, false, start)
  const image = Buffer.concat([...imageOf(folded([writer.take({ run: runs[0]!, number: 1 })]))])
  assert.deepEqual([...headsIn(image)], [[runs[0]!, 1]])
  fc.assert(
    fc.property(fc.nat({ max: image.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
      const changed = Buffer.from(image)
      changed[at] = byte
      for (const bytes of [changed, image.subarray(0, at)]) {
        try {
          stateOf(bytes, limits)
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'MILL_JOURNAL_DAMAGED')
        }
      }
    }),
    { numRuns: 500 }
  )
})

test('what is forgotten stays forgotten, whatever is said later of the time before', () => {
  const writer = new RecordWriter()
  writer.exposure('x', 1, 1, 0, false, start)
  const before = writer.take({ run: runs[0]!, number: 1 })
  writer.forget('x', start + 10)
  const forget = writer.take({ run: runs[1]!, number: 1 })
  writer.exposure('x', 2, 2, 1, false, start + 20)
  const after = writer.take({ run: runs[2]!, number: 1 })
  for (const records of [
    [before, forget, after],
    [forget, before, after],
    [forget, after, before]
  ]) {
    const state = folded(records)
    assert.deepEqual([state.experiments.get('x')?.armOf(1, 1), state.experiments.get('x')?.armOf(2, 2)], [-1, 1])
    const merged = new LedgerState(limits)
    mergeInto(merged, reread(state))
    assert.deepEqual(known(merged), known(state))
    mergeInto(state, reread(folded([before])))
    assert.deepEqual(known(merged), known(state))
  }
})
