import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { MillraceError } from '@millrace/common'
import * as fc from 'fast-check'
import type { LearnCommand, ObservationCommand } from '../src/learning/learn-command.ts'
import { LearnRecordCodec } from '../src/learning/learn-record.ts'

const texts = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.constantFrom('__proto__', 'constructor', '', '0', '10', '\ud800', 'a\udc00', 'é', 'π', 'in_1')
)
const numbers = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(0, -0, 5e-324, 1e100))
const features = fc
  .uniqueArray(fc.tuple(texts, numbers), { selector: ([name]) => name, maxLength: 20 })
  .map(entries => Object.fromEntries(entries))
const observations: fc.Arbitrary<ObservationCommand> = fc.record(
  {
    kind: fc.constant('observation' as const),
    observationId: fc.option(texts, { nil: undefined }),
    labelled: fc.option(fc.record({ predictionId: texts, prediction: numbers }, { noNullPrototype: true }), {
      nil: undefined
    }),
    features,
    target: numbers
  },
  { noNullPrototype: true }
)
const limits = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const settings: fc.Arbitrary<LearnCommand> = fc.record(
  {
    kind: fc.constant('settings' as const),
    learner: texts,
    parameters: fc.dictionary(fc.constantFrom('seed', 'l2', 'window'), fc.oneof(fc.integer(), fc.boolean(), texts), {
      noNullPrototype: true
    }),
    limits: fc.record({ featureNames: limits, memoryBytes: limits, ids: limits }, { noNullPrototype: true })
  },
  { noNullPrototype: true }
)
const commands = fc.oneof({ weight: 4, arbitrary: observations }, { weight: 1, arbitrary: settings })

test('a command comes back as it was written: names in their order, numbers bit for bit', () => {
  fc.assert(
    fc.property(fc.array(commands, { maxLength: 8 }), list => {
      const writing = new LearnRecordCodec()
      const reading = new LearnRecordCodec()
      for (const command of list) {
        const read = reading.decode(writing.encode(command))
        assert.deepEqual(read, command)
        if (command.kind === 'settings' || read.kind === 'settings') continue
        assert.deepEqual(Object.entries(read.features), Object.entries(command.features))
      }
    })
  )
})

test('what was written before changes no byte of what is written after', () => {
  fc.assert(
    fc.property(fc.array(commands, { maxLength: 8 }), list => {
      const codec = new LearnRecordCodec()
      for (const command of list) assert.deepEqual(codec.encode(command), new LearnRecordCodec().encode(command))
    })
  )
})

test('changed bytes are refused, or are another command in the one way it is written', () => {
  const change = fc.record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }), cut: fc.boolean() })
  fc.assert(
    fc.property(commands, fc.array(change, { minLength: 1, maxLength: 3 }), (command, changes) => {
      let bytes = new LearnRecordCodec().encode(command)
      for (const { at, to, cut } of changes) {
        if (bytes.length === 0) break
        if (cut) bytes = bytes.slice(0, at % bytes.length)
        else bytes[at % bytes.length] = to
      }
      let read: LearnCommand
      try {
        read = new LearnRecordCodec().decode(bytes)
      } catch (error) {
        assert.ok(error instanceof MillraceError)
        assert.equal(error.code, 'MILL_JOURNAL_DAMAGED')
        return
      }
      assert.deepEqual(new LearnRecordCodec().encode(read), bytes)
    }),
    { numRuns: 1000 }
  )
})

test('the features of a prediction come back as they were', () => {
  fc.assert(
    fc.property(features, x => {
      const codec = new LearnRecordCodec()
      const read = codec.decodeFeatures(codec.encodeFeatures(x))
      assert.deepEqual(Object.entries(read), Object.entries(x))
    })
  )
})

describe('a record by hand', () => {
  const bytes = Uint8Array.of(
    1,
    1,
    1, // version, observation, with an observation id
    4,
    0x61,
    0x62, // id "ab": twice its length, its units
    0,
    0,
    0,
    0,
    0,
    0,
    0xf0,
    0x3f, // target 1
    2,
    5, // two features, whose names take 5 bytes
    2,
    0x78, // x
    3,
    0xc0,
    0x03, // π, one wide unit
    0,
    0,
    0,
    0,
    0,
    0,
    0,
    0x40, // 2
    0,
    0,
    0,
    0,
    0,
    0,
    0x08,
    0xc0 // -3
  )
  const command: LearnCommand = {
    kind: 'observation',
    observationId: 'ab',
    labelled: undefined,
    features: { x: 2, π: -3 },
    target: 1
  }

  test('is written so', () => assert.deepEqual(new LearnRecordCodec().encode(command), bytes))
  test('is read so', () => assert.deepEqual(new LearnRecordCodec().decode(bytes), command))

  for (const [what, at, to] of [
    ['another version', 0, 2],
    ['an unknown kind', 1, 9],
    ['features where a command should be', 1, 3],
    ['an unknown flag', 2, 5],
    ['a text beyond the end', 3, 200],
    ['a number that is not finite', 13, 0x7f],
    ['a length of the names that is too great', 15, 6],
    ['a length of the names that is too small', 15, 4]
  ] as const) {
    test(`${what} is damage`, () => {
      const changed = bytes.slice()
      changed[at] = to
      if (what === 'a number that is not finite') changed[12] = 0xf0
      assert.throws(() => new LearnRecordCodec().decode(changed), { code: 'MILL_JOURNAL_DAMAGED' })
    })
  }

  test('a byte more is damage', () => {
    assert.throws(() => new LearnRecordCodec().decode(Uint8Array.of(...bytes, 0)), { code: 'MILL_JOURNAL_DAMAGED' })
  })
})

test('lengths that do not fit are damage also after names that do', () => {
  const codec = new LearnRecordCodec()
  const bytes = codec.encodeFeatures({ ab: 1, cd: 2 })
  codec.decodeFeatures(bytes)
  // After version, kind and count comes the length of the names: 6.
  for (const length of [3, 5, 7]) {
    assert.throws(() => codec.decodeFeatures(bytes.with(3, length)), { code: 'MILL_JOURNAL_DAMAGED' })
  }
  assert.deepEqual(codec.decodeFeatures(bytes), { ab: 1, cd: 2 })
})

test('what could be written shorter is damage: a count with a zero behind, a text with wide units that need not be', () => {
  const codec = new LearnRecordCodec()
  const wide = Uint8Array.of(1, 3, 1, 3, 3, 0x78, 0, ...new Uint8Array(8))
  const long = Uint8Array.of(1, 3, 0x80, 0, 0)
  for (const bytes of [wide, long]) {
    assert.throws(() => codec.decodeFeatures(bytes), { code: 'MILL_JOURNAL_DAMAGED' })
  }
  // The same with a unit that needs two bytes, and without the zero, is fine.
  assert.deepEqual(codec.decodeFeatures(wide.with(6, 1)), { '\u0178': 0 })
  assert.deepEqual(codec.decodeFeatures(Uint8Array.of(1, 3, 0, 0)), {})
})

test('names that no object has are damage: in another order, or twice', () => {
  // The names "b" and "1": an object has "1" first.
  const bytes = Uint8Array.of(1, 3, 2, 4, 2, 0x62, 2, 0x31, ...new Uint8Array(16))
  assert.throws(() => new LearnRecordCodec().decodeFeatures(bytes), { code: 'MILL_JOURNAL_DAMAGED' })
  bytes.set([2, 0x31, 2, 0x62], 4)
  assert.deepEqual(new LearnRecordCodec().decodeFeatures(bytes), { 1: 0, b: 0 })
  bytes.set([2, 0x31, 2, 0x31], 4)
  assert.throws(() => new LearnRecordCodec().decodeFeatures(bytes), { code: 'MILL_JOURNAL_DAMAGED' })
})
