import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { countsLength, place } from '../../../src/experiments/ledger/arm-counts.ts'
import { Counted } from '../../../src/experiments/ledger/counted.ts'
import type { OutcomeFact } from '../../../src/experiments/ledger/outcome-fact.ts'
import {
  nameOfRecord,
  readRecord,
  type RecordEntries,
  RecordWriter
} from '../../../src/experiments/ledger/record-codec.ts'

type Told = readonly [kind: keyof RecordEntries, ...said: unknown[]]

const word = fc.nat({ max: 0xffffffff })
const pair = fc.tuple(fc.integer({ min: 1, max: 0xffffffff }), word).map(([first, second]) => ({ first, second }))
const time = fc.nat({ max: 4e12 })
const arm = fc.nat({ max: 31 })
const number = fc.double({ noNaN: true, noDefaultInfinity: true })
const text = fc.string({ unit: 'grapheme' })

const exposure = fc.tuple(
  fc.constant('exposure' as const),
  ...([text, pair.map(({ first }) => first), word, arm, fc.boolean(), time] as const)
)
const counted = fc.tuple(
  fc.constant('counted' as const),
  text,
  fc
    .record({
      arms: fc.array(fc.array(fc.tuple(fc.nat({ max: countsLength - 1 }), fc.nat()), { maxLength: 5 }), {
        maxLength: 4
      }),
      forgotten: fc.nat(),
      repeated: fc.nat()
    })
    .map(({ arms, forgotten, repeated }) => {
      const made = new Counted()
      for (const [index, counts] of arms.entries()) {
        for (const [at, value] of counts) made.arm(index)[at] = at === place.sumLog ? value / 3 : value
      }
      return Object.assign(made, { forgotten, repeated })
    }),
  time
)
const outcome = fc
  .record({
    experiment: fc.option(text, { nil: undefined }),
    metric: text,
    id: pair,
    told: word,
    time,
    unit: fc.option(pair, { nil: { first: 0, second: 0 } }),
    request: fc.option(pair, { nil: { first: 0, second: 0 } }),
    passingArm: fc.option(arm, { nil: -1 }),
    value: number,
    label: fc.option(
      fc.tuple(fc.boolean(), number).map(([isText, value]) => ({ isText, value })),
      { nil: undefined }
    )
  })
  .map((fact): ['outcome', OutcomeFact] => {
    const passingArm = fact.experiment === undefined ? -1 : fact.passingArm
    return ['outcome', { ...fact, passingArm, value: fact.label === undefined ? fact.value : 0 }]
  })
const forget = fc.tuple(fc.constant('forget' as const), text, time)
const entries = fc.array(fc.oneof(exposure, counted, outcome, forget), { maxLength: 20 }) as fc.Arbitrary<Told[]>

function write(all: readonly Told[], writer = new RecordWriter()): Buffer {
  for (const [kind, ...args] of all) (writer[kind] as (...given: unknown[]) => void)(...args)
  return writer.take({ run: '0123456789abcdef', number: 7 })
}

function read(record: Uint8Array): Told[] {
  const told: Told[] = []
  const hear =
    <Kind extends keyof RecordEntries>(kind: Kind) =>
    (...args: Parameters<RecordEntries[Kind]>) =>
      void told.push([kind, ...args])
  readRecord(record, {
    exposure: hear('exposure'),
    counted: hear('counted'),
    outcome: hear('outcome'),
    forget: hear('forget')
  })
  return told
}

test('a record says what was written, and which one it is', () => {
  const writer = new RecordWriter()
  fc.assert(
    fc.property(entries, all => {
      const record = write(all, writer)
      assert.deepEqual(read(record), all)
      assert.deepEqual(nameOfRecord(record), { run: '0123456789abcdef', number: 7 })
    })
  )
})

test('a damaged record is refused with a code, or says something of the same shape', () => {
  fc.assert(
    fc.property(entries, fc.nat(), fc.nat({ max: 255 }), (all, at, byte) => {
      const record = write(all)
      record[at % record.length] = byte
      refusedOrRead(record)
      refusedOrRead(record.subarray(0, at % record.length))
    })
  )
})

test('bytes of any kind are refused with a code', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), bytes => refusedOrRead(bytes)))
  assert.throws(() => read(Buffer.alloc(17, 2)), { code: 'MILL_JOURNAL_DAMAGED' })
})

test('a unit takes ten bytes', () => {
  const units = [1, 2, 3].map((second): Told => ['exposure', 'e', 1, second, 1, true, 1_800_000_000_000 + second])
  const more = write(units).length - write(units.slice(1)).length
  assert.equal(more, 10)
})

function refusedOrRead(bytes: Uint8Array): void {
  try {
    read(bytes)
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'MILL_JOURNAL_DAMAGED')
  }
}
