import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import * as fc from 'fast-check'
import { decodeState, type Features, learnerFromState, type Pipeline, type Regressor } from '../src/index.ts'

/** One observation of a stream. */
export interface Observation {
  x: Features
  y: number
}

/** Names that have tripped up programs that keep them in plain objects or sort them as numbers. */
const oddNames = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', '', '1', '0', '\ud800', 'π', 'a b']
const names = ['a', 'b', 'c', 'd', ...oddNames]

/** What no feature and no target may be. */
const badNumbers: { what: string; value: unknown }[] = [
  { what: 'NaN', value: NaN },
  { what: 'Infinity', value: Infinity },
  { what: '-Infinity', value: -Infinity },
  { what: '1e400', value: JSON.parse('1e400') },
  { what: 'a numeric string', value: '1' },
  { what: 'null', value: null },
  { what: 'a boolean', value: true },
  { what: 'undefined', value: undefined },
  { what: 'a bigint', value: 1n },
  { what: 'a magnitude beyond 1e100', value: -1.1e100 }
]
const refusals = ['MILL_VALUE_NOT_FINITE', 'MILL_VALUE_OUT_OF_RANGE']

// Small integers make ties and repeated rows, doubles everything else.
const numbers = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.double({ min: -1e6, max: 1e6, noNaN: true }),
  fc.constantFrom(-0, 1e-300, 1e9)
)

/** A row with any of the names, in any order. */
const features = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...names), numbers), { selector: ([name]) => name, maxLength: 8 })
  .map(entries => Object.fromEntries(entries) as Features)

/** Streams in which names appear and vanish. */
const streams = fc.array(fc.record({ x: features, y: numbers }), { maxLength: 60 })

/** A learner that takes a memory limit. */
type Limited = Regressor & Pick<Pipeline, 'limitMemory'>

/** Names by which rows become wider and wider, some of them long. */
const moreNames = Array.from({ length: 60 }, (_, index) => (index % 4 === 0 ? `${index}`.repeat(400) : `n${index}`))

/** Rows of a stream that has more and more names. */
const wideningStreams = fc.array(
  fc.record({
    x: fc.oneof(features, fc.dictionary(fc.constantFrom(...moreNames), numbers, { maxKeys: 6 })),
    y: numbers,
    /** Whether the learner is put away and restored before this row. */
    isRestored: fc.boolean(),
    /** Whether it is asked about names that it does not know first. */
    isAsked: fc.boolean()
  }),
  { minLength: 20, maxLength: 120 }
)

/**
 * What every learner promises, whatever it learns. Registers one test for each promise.
 * @param make builds a learner that has learned nothing, the same each time
 */
export function learnerContract(name: string, make: () => Regressor): void {
  const promise = (fact: string, check: () => void): void => {
    test(`${name}: ${fact}`, check)
  }

  promise('predicting changes no state, also for names never seen', () => {
    fc.assert(
      fc.property(streams, features, (stream, x) => {
        const learner = learned(make(), stream)
        const before = learner.toState()
        const first = learner.predictOne(x)
        learner.predictOne({ 'never seen': 5, ...x })
        learner.predictOne({})
        assertSameBits(learner.predictOne(x), first)
        assert.deepEqual(learner.toState(), before)
      }),
      { numRuns: 40 }
    )
  })

  promise('leaves its input alone', () => {
    forStreams(stream => {
      const learner = make()
      for (const { x, y } of stream) {
        const before = Object.entries(x)
        Object.freeze(x)
        learner.predictOne(x)
        learner.learnOne(x, y)
        assert.deepEqual(Object.entries(x), before)
      }
    })
  })

  promise('keeps no hold of its input', () => {
    const row = { a: 1, b: 2 }
    const learner = make()
    learner.learnOne(row, 1)
    const before = learner.toState()
    row.a = 100
    assert.deepEqual(learner.toState(), before)
  })

  promise('the same stream gives the same bits', () => {
    forStreams(stream => {
      const one = make()
      const other = make()
      assert.deepEqual(run(one, stream), run(other, stream))
      assert.deepEqual(one.toState(), other.toState())
    })
  })

  promise('predicts a finite number, and 0 while it cannot predict', () => {
    forStreams(stream => {
      const learner = make()
      for (const { x, y } of stream) {
        const prediction = learner.predictOne(x)
        assert.ok(Number.isFinite(prediction))
        if (!learner.canPredict) assert.equal(prediction, 0)
        learner.learnOne(x, y)
      }
    })
  })

  promise('a restored state is the same bytes and continues bit for bit', () => {
    fc.assert(
      fc.property(streams, streams, (before, after) => {
        const learner = learned(make(), before)
        const bytes = learner.toState()
        const restored = learnerFromState(bytes)
        assert.equal(restored.constructor, learner.constructor)
        assert.equal(restored.canPredict, learner.canPredict)
        assert.deepEqual(restored.toState(), bytes)
        assert.deepEqual(run(restored, after), run(learner, after))
        assert.deepEqual(restored.toState(), learner.toState())
      }),
      { numRuns: 60 }
    )
  })

  promise('two models restored from one decoded state go their own ways', () => {
    const stream = [1, 2, 3].map(value => ({ x: { a: value, b: -value }, y: value }))
    const bytes = learned(make(), stream).toState()
    const state = decodeState(bytes)
    learned(learnerFromState(state), stream)
    assert.deepEqual(learnerFromState(state).toState(), bytes)
  })

  promise('the order of the names in an observation does not matter', () => {
    forStreams(stream => {
      // Names get their order from the first observation that has them.
      const first = Object.fromEntries(names.map(key => [key, 1]))
      const usual = [{ x: first, y: 1 }, ...stream]
      const reversed = usual.map(({ x, y }, index) => ({ x: index === 0 ? x : backwards(x), y }))
      const one = make()
      const other = make()
      assert.deepEqual(run(one, usual), run(other, reversed))
      assert.deepEqual(one.toState(), other.toState())
      const unknown = { p: 0.1, q: 1e8, r: 0.7, s: 3 }
      assertSameBits(one.predictOne(unknown), one.predictOne(backwards(unknown)))
    })
  })

  for (const odd of oddNames) {
    promise(`${JSON.stringify(odd)} is a name like any other`, () => {
      const withName = (key: string) => [3, 1, 2, 1].map(value => ({ x: observation(key, value), y: 2 * value }))
      const one = make()
      const other = make()
      assert.deepEqual(run(one, withName(odd)), run(other, withName('plain')))
      assertSameBits(one.predictOne(observation(odd, 2.5)), other.predictOne(observation('plain', 2.5)))
      assert.deepEqual(learnerFromState(one.toState()).toState(), one.toState())
      assert.equal(Object.getPrototypeOf({}), Object.prototype)
    })
  }

  promise('an inherited property is no feature', () => {
    const inheriting = Object.create({ a: 5 }) as Features
    const one = learned(make(), [{ x: { a: 1 }, y: 1 }])
    const other = learned(make(), [{ x: { a: 1 }, y: 1 }])
    assertSameBits(one.predictOne(inheriting), other.predictOne({}))
    one.learnOne(inheriting, 2)
    other.learnOne({}, 2)
    assert.deepEqual(one.toState(), other.toState())
  })

  promise('an observation without features can be predicted and learned', () => {
    const learner = make()
    for (const y of [4, 5, 6]) {
      assert.ok(Number.isFinite(learner.predictOne({})))
      learner.learnOne({}, y)
    }
    assert.deepEqual(learnerFromState(learner.toState()).toState(), learner.toState())
  })

  for (const { what, value } of badNumbers) {
    promise(`${what} is refused as a feature and as a target, without a trace`, () => {
      const learner = learned(make(), [
        { x: { a: 1, b: 2 }, y: 3 },
        { x: { a: 2 }, y: 1 }
      ])
      const before = learner.toState()
      const bad = value as number
      assertRefused(() => learner.predictOne({ a: 1, b: bad }))
      assertRefused(() => learner.predictOne({ fresh: bad }))
      assertRefused(() => learner.learnOne({ a: 1, fresh: 2, b: bad }, 3))
      assertRefused(() => learner.learnOne({ fresh: bad }, 3))
      assertRefused(() => learner.learnOne({ a: 1, fresh: 2 }, bad))
      assert.deepEqual(learner.toState(), before)
    })
  }

  promise('the largest magnitudes are learned, and the state stays usable', () => {
    const learner = make()
    for (const sign of [1, -1, 1]) {
      const x = { a: sign * 1e100, b: 1e-300 }
      try {
        learner.learnOne(x, sign * 1e100)
        learner.predictOne(x)
      } catch (error) {
        assert.ok(error instanceof MillraceError && error.code === 'MILL_VALUE_NOT_FINITE')
      }
    }
    assert.deepEqual(learnerFromState(learner.toState()).toState(), learner.toState())
  })

  if (isLimited(make())) {
    promise('takes no more memory than it may, and continues bit for bit when restored under the same limit', () => {
      const least = leastMemory(() => make() as Limited)
      fc.assert(
        fc.property(wideningStreams, fc.nat(30_000), (stream, more) => {
          const limit = least + more
          const one = make() as Limited
          one.limitMemory(limit)
          let other = make() as Limited
          other.limitMemory(limit)
          for (const { x, y, isRestored, isAsked } of stream) {
            if (isAsked) other.predictOne(manyUnknown)
            if (isRestored) {
              other = learnerFromState(other.toState()) as Limited
              other.limitMemory(limit)
            }
            assert.equal(outcome(other, x, y), outcome(one, x, y))
            for (const learner of [one, other])
              assert.ok(learner.memoryBytes <= limit, `${learner.memoryBytes} > ${limit}`)
          }
          assert.deepEqual(other.toState(), one.toState())
        }),
        { numRuns: 30 }
      )
    })

    promise('a row whose names do not fit into the memory is refused, without a trace', () => {
      const learner = make() as Limited
      learner.limitMemory(leastMemory(() => make() as Limited) + 10_000)
      learned(learner, [
        { x: { a: 1, b: 2 }, y: 3 },
        { x: { a: 2 }, y: 1 }
      ])
      const before = learner.toState()
      const bytes = learner.memoryBytes
      assert.throws(() => learner.learnOne({ a: 1, ...manyUnknown }, 3), { code: 'MILL_MEMORY_LIMIT' })
      assert.throws(() => learner.learnOne({ a: 1, ['x'.repeat(20_000)]: 3 }, 3), { code: 'MILL_MEMORY_LIMIT' })
      assert.deepEqual(learner.toState(), before)
      assert.ok(learner.memoryBytes <= bytes + 3000)
      learner.learnOne({ a: 1, c: 4 }, 3)
    })

    promise('a limit lower than what it takes holds at once', () => {
      const learner = make() as Limited
      const rows = Array.from({ length: 300 }, (_, index) => {
        return { x: { a: Math.sin(index), b: Math.sin(7 * index), c: index }, y: Math.sin(3 * index) }
      })
      learned(learner, rows)
      const before = learner.memoryBytes
      const limit = leastMemory(() => learnerFromState(learner.toState()) as Limited)
      learner.limitMemory(limit)
      assert.ok(learner.memoryBytes <= limit && limit < before + 10_000)
      const restored = learnerFromState(learner.toState()) as Limited
      restored.limitMemory(limit)
      assert.deepEqual(run(restored, rows), run(learner, rows))
      assert.throws(() => learner.limitMemory(limit - 1), { code: 'MILL_OPTION_INVALID' })
      learner.limitMemory(10 * before)
      learned(learner, rows)
      assert.ok(learner.memoryBytes <= 10 * before)
    })
  }

  promise('a state cut short or with any bit turned is refused', () => {
    const stream = [1, 2, 3].map(value => ({ x: { a: value, b: -value }, y: value }))
    const bytes = learned(make(), stream).toState()
    fc.assert(
      fc.property(fc.nat(bytes.length - 1), length => assertInvalid(bytes.slice(0, length))),
      { numRuns: 60 }
    )
    fc.assert(
      fc.property(fc.nat(8 * bytes.length - 1), bit => {
        const turned = bytes.slice()
        turned[bit >>> 3]! ^= 1 << (bit & 7)
        assertInvalid(turned)
      }),
      { numRuns: 200 }
    )
    assertInvalid(Uint8Array.of(...bytes, 0))
  })
}

/** More names than a model keeps for the next question. */
const manyUnknown: Features = Object.fromEntries(Array.from({ length: 200 }, (_, index) => [`unknown ${index}`, 1]))

function isLimited(learner: Regressor): learner is Limited {
  return 'limitMemory' in learner
}

/** The lowest memory limit that what `make` makes takes. */
function leastMemory(make: () => Limited): number {
  let refused = 0
  let taken = 1e7
  while (taken - refused > 1) {
    const limit = Math.floor((refused + taken) / 2)
    try {
      make().limitMemory(limit)
      taken = limit
    } catch {
      refused = limit
    }
  }
  return taken
}

/** What becomes of a row: what is predicted, and the code of the error when it is refused. */
function outcome(learner: Regressor, x: Features, y: number): string {
  const prediction = learner.predictOne(x)
  try {
    learner.learnOne(x, y)
    return `${prediction}`
  } catch (error) {
    assert.ok(error instanceof MillraceError)
    return `${prediction} ${error.code}`
  }
}

function forStreams(check: (stream: Observation[]) => void): void {
  fc.assert(fc.property(streams, check), { numRuns: 40 })
}

/** Predict and learn each observation; returns the predictions. */
function run(learner: Regressor, stream: readonly Observation[]): Float64Array {
  return Float64Array.from(stream, ({ x, y }) => {
    const prediction = learner.predictOne(x)
    learner.learnOne(x, y)
    return prediction
  })
}

function learned(learner: Regressor, stream: readonly Observation[]): Regressor {
  for (const { x, y } of stream) learner.learnOne(x, y)
  return learner
}

/** As it comes out of JSON, where `__proto__` is an own property. */
function observation(name: string, value: number): Features {
  return JSON.parse(`{${JSON.stringify(name)}:${value}}`) as Features
}

function backwards(x: Features): Features {
  return Object.fromEntries(Object.entries(x).toReversed())
}

function assertSameBits(actual: number, expected: number): void {
  assert.ok(Object.is(actual, expected), `${actual} instead of ${expected}`)
}

function assertRefused(act: () => void): void {
  assert.throws(act, error => error instanceof MillraceError && refusals.includes(error.code))
}

function assertInvalid(bytes: Uint8Array): void {
  assert.throws(() => learnerFromState(bytes), { code: 'MILL_STATE_INVALID' })
}
