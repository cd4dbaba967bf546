import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import { MillraceError, PythonRandom } from '@millrace/common'
import { decodeState, encodeState, LinearRegression, Pipeline, StandardScaler } from '@millrace/online'
import * as fc from 'fast-check'
import { createLearner, type LearnerName, learnerNames, learnerWeights } from '../src/learning/catalog.ts'
import { DivergenceGuard, type Guarded, type GuardEvent } from '../src/learning/divergence-guard.ts'
import type { ObservationCommand } from '../src/learning/learn-command.ts'
import { LearnRecordCodec } from '../src/learning/learn-record.ts'

interface Row {
  x: Record<string, number>
  y: number
}

const codec = new LearnRecordCodec()
const record = ({ x, y }: Row): Uint8Array => codec.encode({ kind: 'observation', features: x, target: y })

function guarded(create: () => Pipeline, weights?: (learner: Pipeline) => Iterable<number>): Guarded<Pipeline> {
  return {
    create,
    restore: state => Pipeline.fromState(state),
    weights,
    decode: bytes => codec.decode(bytes) as ObservationCommand
  }
}

/** Linear regression without a scaler, which explodes where the learning rate is too large for the features. */
const bare = (learningRate: number): Guarded<Pipeline> =>
  guarded(
    () => new Pipeline(new LinearRegression({ learningRate })),
    ({ regressor }) => (regressor as LinearRegression).weights.values()
  )
const scaled = guarded(
  () => new Pipeline(new StandardScaler(), new LinearRegression()),
  ({ regressor }) => (regressor as LinearRegression).weights.values()
)
const named = (name: LearnerName): Guarded<Pipeline> =>
  guarded(() => createLearner(name, { seed: 1 }), learnerWeights(name))

/** Teach a row. @returns the prediction, or the code of the error */
function teach(guard: DivergenceGuard<Pipeline>, row: Row): number | string {
  try {
    return guard.learn(row.x, row.y, record(row))
  } catch (error) {
    assert.ok(error instanceof MillraceError)
    return error.code
  }
}

/** A guard with what it tells. */
function watched(of: Guarded<Pipeline>): { guard: DivergenceGuard<Pipeline>; events: GuardEvent[] } {
  const guard = new DivergenceGuard(of)
  const events: GuardEvent[] = []
  guard.onEvent = event => events.push(event)
  return { guard, events }
}

/** Rows of a plane with a little noise, around 10. */
function plainRows(count: number, seed = 1): Row[] {
  const random = new PythonRandom(seed)
  return Array.from({ length: count }, () => {
    const x = { a: random.uniform(-1, 1), b: random.uniform(-1, 1) }
    return { x, y: 10 + 2 * x.a - x.b + random.gauss(0, 0.1) }
  })
}

/** The lags of a series as features, as the feature service makes them. */
function lagged(series: readonly number[], lags = 5): Row[] {
  return series.map((y, index) => {
    const entries = Array.from({ length: lags }, (_, lag) => [`in_${lag + 1}`, series[index - lag - 1] ?? 0] as const)
    return { x: Object.fromEntries(entries), y }
  })
}

const largest = (rows: readonly Row[]): number => Math.max(...rows.map(({ y }) => Math.abs(y)))
const stateOf = (guard: DivergenceGuard<Pipeline>): Uint8Array => encodeState('Guard', 1, guard.toFields())

describe('one poison row', () => {
  test('is not blamed on a new learner, whatever one that has learned nothing would have predicted', () => {
    const { guard, events } = watched(scaled)
    for (const row of plainRows(30)) teach(guard, row)
    const before = guard.learner.toState()
    assert.equal(teach(guard, { x: { a: 1e50, b: 0 }, y: 10 }), 'MILL_LEARN_DIVERGED')
    assert.deepEqual(guard.learner.toState(), before)
    assert.deepEqual(events, [{ action: 'skipped', cause: 'prediction' }])
  })

  for (const [what, poison, cause] of [
    ['a target of 1e100', { x: { a: 0.5, b: 0.5 }, y: 1e100 }, 'target'],
    ['a target a little over a hundred thousand times larger', { x: { a: 0.5, b: 0.5 }, y: 1.4e6 }, 'target'],
    ['a feature of 1e50', { x: { a: 1e50, b: 0.5 }, y: 10 }, 'prediction']
  ] as const) {
    test(`with ${what} is skipped, and the learner is as if it had never come`, () => {
      const { guard, events } = watched(scaled)
      const other = new DivergenceGuard(scaled)
      const rows = plainRows(400)
      for (const [index, row] of rows.entries()) {
        if (index === 300) assert.equal(teach(guard, poison), 'MILL_LEARN_DIVERGED')
        assert.equal(teach(guard, row), teach(other, row))
      }
      assert.deepEqual(guard.learner.toState(), other.learner.toState())
      assert.deepEqual({ skips: guard.skips, rollbacks: guard.rollbacks }, { skips: 1, rollbacks: 0 })
      assert.deepEqual(events, [{ action: 'skipped', cause }])
    })
  }

  for (const rowsBefore of [15, 700, 3000]) {
    test(`that explodes only once it is learned is undone, name and all, after ${rowsBefore} rows`, () => {
      const { guard, events } = watched(bare(0.01))
      const other = new DivergenceGuard(bare(0.01))
      const rows = plainRows(rowsBefore + 100)
      for (const [index, row] of rows.entries()) {
        // The weight of a new name is 0, so nothing is wrong with the prediction; then it moves by 0.02 · error · 1e4,
        // and the prediction by 1e4 times as much.
        const poison = { x: { ...row.x, z: 1e4 }, y: row.y + 5 }
        if (index === rowsBefore) assert.equal(teach(guard, poison), 'MILL_LEARN_DIVERGED')
        assert.equal(teach(guard, row), teach(other, row))
      }
      assert.deepEqual(guard.learner.toState(), other.learner.toState())
      assert.deepEqual(events, [{ action: 'skipped', cause: 'learned prediction' }])
      assert.equal(guard.rollbacks, 0)
    })
  }

  for (const name of ['knn_regressor', 'amf_regressor'] as const) {
    test(`never reaches ${name}`, () => {
      const guard = new DivergenceGuard(named(name))
      for (const row of plainRows(50)) teach(guard, row)
      const before = guard.learner.toState()
      assert.equal(teach(guard, { x: { a: 0, b: 0 }, y: -1e60 }), 'MILL_LEARN_DIVERGED')
      assert.deepEqual(guard.learner.toState(), before)
    })
  }

  test('is skipped from the third row on, when it is beyond all reason', () => {
    const { guard, events } = watched(scaled)
    for (const row of plainRows(2)) teach(guard, row)
    assert.equal(teach(guard, { x: { a: 0.5, b: 0.5 }, y: 1e38 }), 'MILL_LEARN_DIVERGED')
    assert.deepEqual(events, [{ action: 'skipped', cause: 'target' }])
  })

  test('that the stream insists on begins a new learner, which is scored with its own prediction', () => {
    const { guard, events } = watched(scaled)
    for (const row of plainRows(30)) teach(guard, row)
    const answers = Array.from({ length: 10 }, () => teach(guard, { x: { a: 1e50, b: 0 }, y: 10 }))
    assert.deepEqual(answers, [...Array.from({ length: 9 }, () => 'MILL_LEARN_DIVERGED'), 0])
    assert.equal(events.at(-1)?.action, 'started over')
  })

  test('that makes a number overflow counts as skipped too', () => {
    const { guard, events } = watched(bare(0.01))
    teach(guard, plainRows(1)[0]!)
    // 2 · error · 1e100 · 0.01 is a number still, but not times 1e100 once more; the error of the next prediction is none.
    teach(guard, { x: { a: 1e100 }, y: 1e100 })
    assert.equal(teach(guard, { x: { a: 1e100 }, y: -1e100 }), 'MILL_VALUE_NOT_FINITE')
    assert.equal(guard.skips, events.filter(({ action }) => action === 'skipped').length)
    assert.ok(guard.skips >= 1)
  })
})

describe('a learner that explodes by itself', () => {
  for (const learningRate of [3, 5, 10, 1e6]) {
    test(`at a learning rate of ${learningRate}, is held near the targets`, () => {
      const rows = plainRows(3000)
      const alone = bare(learningRate).create()
      assert.throws(() => {
        for (const { x, y } of rows) {
          if (Math.abs(alone.predictOne(x)) > 1e6) throw new Error('exploded')
          alone.learnOne(x, y)
        }
      })
      const { guard, events } = watched(bare(learningRate))
      const predictions = rows.map(row => teach(guard, row)).filter(one => typeof one === 'number')
      const wild = predictions.slice(10).filter(prediction => !(Math.abs(prediction) <= 10 * largest(rows)))
      // Ten rows that insist may be learned, whatever was predicted for the last of them.
      assert.ok(wild.length <= 0.005 * rows.length, `${wild.length} wild predictions`)
      assert.ok(events.length > 0)
      assert.equal(guard.skips, events.filter(({ action }) => action === 'skipped').length)
      assert.equal(guard.rollbacks, events.filter(({ action }) => action !== 'skipped').length)
    })
  }

  test('slowly, over many rows, goes back to a healthy state and keeps what it had learned by then', () => {
    const { guard, events } = watched(bare(0.01))
    for (const row of plainRows(3000)) teach(guard, row)
    // From here on each row overshoots by a few per cent of the error before: 0.02 · (1 + 10.06²) is a little over 2.
    const random = new PythonRandom(3)
    for (let row = 0; row < 100; row++) {
      teach(guard, { x: { a: random.random() < 0.5 ? 10.06 : -10.06 }, y: 10 + random.gauss(0, 1) })
    }
    assert.deepEqual(events[0], { action: 'rolled back', cause: 'prediction' })
    const weights = (guard.learner.regressor as LinearRegression).weights
    assert.ok(Math.abs(weights.get('b')! + 1) < 0.05)
    assert.equal(guard.skips, 0)
  })

  test('by weights that cancel each other goes back too', () => {
    let weight = 5
    const { guard, events } = watched({ ...scaled, weights: () => [1, -weight] })
    for (const row of plainRows(1000)) teach(guard, row)
    assert.deepEqual(events, [])
    weight = 1e9
    for (const row of plainRows(2000, 2)) teach(guard, row)
    assert.deepEqual(events[0], { action: 'rolled back', cause: 'weight' })
    assert.equal(guard.skips, 0)
  })

  test('is not blamed for a row that its healthy self would not understand either', () => {
    const { guard } = watched(scaled)
    for (const row of plainRows(2000)) teach(guard, row)
    for (let count = 0; count < 5; count++) teach(guard, { x: { a: 1e30, b: 0 }, y: 10 })
    assert.deepEqual({ skips: guard.skips, rollbacks: guard.rollbacks }, { skips: 5, rollbacks: 0 })
  })
})

describe('a stream that changes', () => {
  test('its unit beyond belief is believed with the tenth row', () => {
    for (const name of learnerNames) {
      const { guard } = watched(named(name))
      for (const row of plainRows(100)) teach(guard, row)
      const outcomes = plainRows(10, 5).map(({ x, y }) => teach(guard, { x, y: 1e8 * y }))
      assert.deepEqual(outcomes.slice(0, 9), Array<string>(9).fill('MILL_LEARN_DIVERGED'))
      assert.equal(typeof outcomes[9], 'number')
      assert.equal(typeof teach(guard, { x: { a: 0, b: 0 }, y: 1e9 }), 'number')
    }
  })

  test('is not believed where mistakes differ by more than a thousand, or good rows come between', () => {
    const { guard } = watched(named('knn_regressor'))
    for (const row of plainRows(100)) teach(guard, row)
    for (let row = 0; row < 30; row++) teach(guard, { x: {}, y: row % 2 === 0 ? 1e20 + row : 1e24 + row })
    for (let row = 0; row < 30; row++) teach(guard, { x: {}, y: row % 9 === 8 ? 10 : 1e20 + row * 1e18 })
    assert.equal(guard.skips, 30 + 27)
  })

  test('is not believed when it is one number over and over, as placeholders for missing values are', () => {
    const { guard } = watched(named('knn_regressor'))
    for (const row of plainRows(100)) teach(guard, row)
    for (let row = 0; row < 50; row++) teach(guard, { x: { a: row }, y: 9.96921e36 })
    assert.equal(guard.skips, 50)
  })

  test('so that learning it explodes is learned anew, from the tenth row on', () => {
    // After 20,000 rows around 0.5 the features jump by a thousand: 30 deviations or more each, where 0.02 · (1 + 15 · 900) > 2.
    const random = new PythonRandom(4)
    const series = Array.from({ length: 12_000 }, (_, index) => (index < 10_000 ? 10 : 10_000) + random.gauss(0, 0.1))
    const { guard, events } = watched(scaled)
    const rows = lagged(series, 15)
    for (const row of rows.slice(0, 10_000)) teach(guard, row)
    assert.deepEqual(events, [])
    for (const row of rows.slice(10_000)) teach(guard, row)
    assert.ok(events.some(({ action }) => action === 'started over'))
    assert.ok(Math.abs(guard.learner.predictOne(rows.at(-1)!.x) - 10_000) < 100)
    assert.ok(guard.skips < 30, `${guard.skips} skipped`)
  })
})

describe('no alarm is raised', () => {
  const random = new PythonRandom(11)
  const streams: Record<string, Row[]> = {
    'the approval of a president': csvRows('trump_approval.csv', 'five_thirty_eight'),
    "Friedman's function": csvRows('friedman_seed42_2000.csv', 'y'),
    'airline passengers by their lags': lagged(
      csvRows('airline_passengers.csv', 'passengers').map(({ y }) => y),
      15
    ),
    'sparse targets': Array.from({ length: 3000 }, () => ({
      x: { a: random.gauss(0, 1), b: random.random() },
      y: random.random() < 0.01 ? 1e4 : 0
    })),
    'a level that changes by a thousand and back': plainRows(3000).map(({ x, y }, row) => ({
      x,
      y: Math.floor(row / 1000) === 1 ? 1000 * y : y
    })),
    'features that walk at random': walkingRows(3000),
    'a feature that comes once in a while': plainRows(3000).map(({ x, y }, row) => ({
      x: row % 500 === 499 ? { ...x, z: random.gauss(0, 5) } : x,
      y
    }))
  }
  for (const name of learnerNames) {
    for (const [what, rows] of Object.entries(streams)) {
      test(`for ${name}: ${what}`, () => {
        const { guard, events } = watched(named(name))
        const alone = named(name).create()
        const count = name === 'amf_regressor' ? 600 : rows.length
        for (const row of rows.slice(0, count)) {
          assert.equal(teach(guard, row), alone.predictOne(row.x))
          alone.learnOne(row.x, row.y)
        }
        assert.deepEqual(events, [])
        assert.deepEqual(guard.learner.toState(), alone.toState())
      })
    }
  }
})

test('a guard that is restored after every row goes on as if nothing had been', () => {
  const of = bare(3)
  const uninterrupted = new DivergenceGuard(of)
  let restored = new DivergenceGuard(of)
  for (const row of [...plainRows(250), { x: { a: 0, b: 0 }, y: 1e30 }, ...plainRows(50, 2)]) {
    restored = DivergenceGuard.fromFields(decodeState(stateOf(restored)), of)
    assert.equal(teach(restored, row), teach(uninterrupted, row))
    assert.deepEqual(stateOf(restored), stateOf(uninterrupted))
  }
  assert.ok(uninterrupted.skips > 10 && uninterrupted.rollbacks > 1)
})

test('state bytes follow from the rows alone, restored in between or not', () => {
  const values = fc.oneof(
    { weight: 20, arbitrary: fc.double({ min: -3, max: 3, noNaN: true }) },
    { weight: 1, arbitrary: fc.constantFrom(1e3, 1e9, 1e60) }
  )
  const rows = fc.array(fc.record({ a: values, b: values, y: values, repeats: fc.constantFrom(1, 1, 1, 12, 100) }), {
    maxLength: 60,
    size: 'max'
  })
  fc.assert(
    fc.property(rows, fc.constantFrom(0.01, 0.5, 2), fc.array(fc.nat({ max: 60 })), (list, learningRate, places) => {
      const of = bare(learningRate)
      const uninterrupted = new DivergenceGuard(of)
      let restored = new DivergenceGuard(of)
      for (const [index, { a, b, y, repeats }] of list.entries()) {
        if (places.includes(index)) restored = DivergenceGuard.fromFields(decodeState(stateOf(restored)), of)
        for (let count = 0; count < repeats; count++) {
          const row = { x: { a: a + count / 100, b }, y: y + count / 100 }
          assert.equal(teach(restored, row), teach(uninterrupted, row))
        }
      }
      assert.deepEqual(stateOf(restored), stateOf(uninterrupted))
    }),
    { numRuns: 40 }
  )
})

function walkingRows(count: number): Row[] {
  const random = new PythonRandom(2)
  let place = { a: 0, b: 0, c: 0 }
  return Array.from({ length: count }, () => {
    place = { a: place.a + random.gauss(0, 1), b: place.b + random.gauss(0, 1), c: place.c + random.gauss(0, 1) }
    return { x: place, y: place.a + place.b }
  })
}

/** A file of the reference series, every column a number or left out. */
function csvRows(file: string, target: string): Row[] {
  const text = readFileSync(new URL(`../../online/test/fixtures/${file}`, import.meta.url), 'utf8')
  const [header, ...lines] = text
    .trim()
    .split(/\r?\n/)
    .map(line => line.split(','))
  const names = header!.map(name => name.replaceAll('"', ''))
  return lines.map(cells => {
    const values = cells.map((cell, column) => [names[column]!, Number(cell)] as const)
    const numbers = Object.fromEntries(values.filter(([, value]) => !Number.isNaN(value)))
    const { [target]: y, ...x } = numbers
    return { x, y: y! }
  })
}
