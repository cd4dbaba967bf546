import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PythonRandom } from '@millrace/common'
import {
  AmfRegressor,
  KnnRegressor,
  LinearRegression,
  Mae,
  Pipeline,
  type Regressor,
  StandardScaler
} from '../src/index.ts'
import { type Example, readExamples } from './parity.ts'

/** A function of two features, of which one slowly moves on to where it never was before. */
function movingStream(rows: number): Example[] {
  const random = new PythonRandom(9)
  return Array.from({ length: rows }, (_, row) => {
    const a = row / 500 + random.random()
    const b = random.random()
    return { x: { a, b }, y: 5 * Math.sin(3 * a) + 4 * b * b + random.gauss(0, 0.5) }
  })
}

function meanError(model: Regressor, rows: readonly Example[]): number {
  const mae = new Mae()
  for (const { x, y } of rows) {
    mae.update(y, model.predictOne(x))
    model.learnOne(x, y)
  }
  return mae.value
}

function mostNodes(forest: AmfRegressor): number {
  return Math.max(...forest.describeTrees().map(({ nodes }) => nodes))
}

/** The errors of a forest that forgets under a limit, and of one that stops to split with as many nodes. */
function forgettingAndFrozen(rows: readonly Example[], bytes: number): { forgetting: number; frozen: number } {
  const forest = new AmfRegressor({ seed: 1 })
  forest.limitMemory(bytes)
  const forgetting = meanError(forest, rows)
  return { forgetting, frozen: meanError(new AmfRegressor({ seed: 1, maxNodes: mostNodes(forest) }), rows) }
}

test('a tree without room forgets a part of its nodes and splits on', () => {
  const forest = new AmfRegressor({ trees: 3 })
  forest.limitMemory(100_000)
  let before = [0, 0, 0]
  const falls: number[][] = [[], [], []]
  for (const { x, y } of movingStream(1500)) {
    forest.learnOne(x, y)
    assert.ok(forest.memoryBytes <= 100_000)
    const nodes = forest.describeTrees().map(tree => tree.nodes)
    for (const [tree, count] of nodes.entries()) {
      if (count < before[tree]!) falls[tree]!.push(count / before[tree]!)
    }
    before = nodes
  }
  for (const shares of falls) {
    assert.ok(shares.length > 10)
    // About 15 % goes, and a split may have come since.
    assert.ok(
      shares.every(share => share > 0.8 && share < 0.9),
      shares.join(' ')
    )
  }
})

test('of large trees one is pruned a row, in turns', () => {
  const forest = new AmfRegressor({ trees: 3, useAggregation: false })
  // Three trees of some 10,300 pairs of nodes with one feature; every row splits each of them.
  forest.limitMemory(5_100_000)
  let before = [0, 0, 0]
  const falls: number[] = []
  for (let row = 0; row < 10_400; row++) {
    forest.learnOne({ x: row }, row % 2)
    if (row < 10_250) continue
    const nodes = forest.describeTrees().map(tree => tree.nodes)
    const fallen = nodes.flatMap((count, tree) => (count < before[tree]! ? [tree] : []))
    assert.ok(fallen.length <= 1)
    falls.push(...fallen)
    before = nodes
  }
  assert.deepEqual(new Set(falls), new Set([0, 1, 2]))
})

test('a forest that forgets follows a stream to where it never was; one that stops to split does not', () => {
  const { forgetting, frozen } = forgettingAndFrozen(movingStream(3000), 300_000)
  assert.ok(forgetting < 1, `${forgetting}`)
  assert.ok(frozen > 2, `${frozen}`)
})

for (const dataSet of ['trump', 'friedman'] as const) {
  test(`on ${dataSet} a forest that forgets errs no more than one that stops to split with as many nodes`, () => {
    const { forgetting, frozen } = forgettingAndFrozen(readExamples(dataSet), 600_000)
    assert.ok(forgetting < frozen, `${forgetting} instead of ${frozen}`)
  })
}

test('a forest with as much memory as it wants is as one without a limit', () => {
  const [limited, free] = [new AmfRegressor({ trees: 3 }), new AmfRegressor({ trees: 3 })]
  limited.limitMemory(1e8)
  const rows = readExamples('trump').slice(0, 300)
  assert.equal(meanError(limited, rows), meanError(free, rows))
  assert.deepEqual(limited.toState(), free.toState())
})

test('under a memory limit maxNodes holds too', () => {
  const forest = new AmfRegressor({ trees: 2, maxNodes: 21 })
  forest.limitMemory(100_000)
  meanError(forest, movingStream(200))
  assert.equal(mostNodes(forest), 21)
  assert.ok(forest.memoryBytes < 50_000)
})

test('nearest neighbours are found among as many of the latest rows as fit', () => {
  const model = new KnnRegressor({ window: 1000, neighbors: 3 })
  model.limitMemory(20_000)
  const rows = movingStream(700)
  meanError(model, rows.slice(0, 500))
  const { size } = model
  assert.ok(size > 100 && size < 500)
  const small = new KnnRegressor({ window: size, neighbors: 3 })
  meanError(small, rows.slice(0, 500))
  assert.equal(meanError(model, rows.slice(500)), meanError(small, rows.slice(500)))
})

test('the more names come, the fewer rows are remembered', () => {
  const model = new Pipeline(new StandardScaler(), new KnnRegressor({ window: 500 }))
  model.limitMemory(40_000)
  const { regressor } = model
  assert.ok(regressor instanceof KnnRegressor)
  const sizes = [1, 5, 30].map(names => {
    for (let row = 0; row < 600; row++) {
      model.learnOne(Object.fromEntries(Array.from({ length: names }, (_, index) => [`n${index}`, row % 11])), row)
      assert.ok(model.memoryBytes <= 40_000)
    }
    return regressor.size
  })
  assert.ok(sizes[0]! > sizes[1]! && sizes[1]! > sizes[2]! && sizes[2]! >= 5, sizes.join(' '))
})

test('a row whose names do not fit is refused with the limit, and one of known names is learned', () => {
  const model = new Pipeline(new StandardScaler(), new LinearRegression())
  model.limitMemory(30_000)
  let names = 0
  assert.throws(
    () => {
      for (; ; names++) model.learnOne({ a: 1, [`name ${names}`]: 2 }, 3)
    },
    { code: 'MILL_MEMORY_LIMIT', details: { limit: 30_000 } }
  )
  assert.ok(names > 50 && names < 500)
  model.learnOne({ a: 1, 'name 0': 2 }, 3)
  model.limitMemory(60_000)
  model.learnOne({ a: 1, [`name ${names}`]: 2 }, 3)
})

test('a limit must leave room for what is known, and be a number of bytes', () => {
  const model = new Pipeline(new StandardScaler(), new LinearRegression())
  for (const bytes of [0, -1, 1000, 10_000.5, NaN, Infinity]) {
    assert.throws(() => model.limitMemory(bytes), { code: 'MILL_OPTION_INVALID' })
  }
  model.limitMemory(20_000)
  model.learnOne(Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`name ${index}`, 1])), 2)
  assert.throws(() => model.limitMemory(10_000), {
    code: 'MILL_OPTION_INVALID',
    message: /bytes must be an integer >= /
  })
  assert.throws(() => new Pipeline(new AmfRegressor({ trees: 1000 })).limitMemory(1e6), { code: 'MILL_OPTION_INVALID' })
})
