import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { PythonRandom } from '@millrace/common'
import * as fc from 'fast-check'
import { AmfRegressor, type AmfRegressorOptions, type AmfTreeDescription } from '../src/amf-regressor.ts'
import type { Features } from '../src/learner.ts'
import { Pipeline } from '../src/pipeline.ts'
import { StandardScaler } from '../src/standard-scaler.ts'
import { decodeState, encodeState } from '../src/state.ts'
import type { StateFields } from '../src/state-format.ts'
import { assertClose, assertParity, type DataSet, dataSets, readExamples } from './parity.ts'

const rules021: AmfRegressorOptions = { rules: '0.21' }
const derived = '[River 0.25+ semantics, derived]'
const recipes = [
  {
    column: 'amf21',
    recipe: 'AMFRegressor(seed=42) [River 0.21 semantics]',
    make: () => new AmfRegressor({ ...rules021, seed: 42 })
  },
  {
    column: 'amf21_noagg',
    recipe: 'AMFRegressor(seed=42, use_aggregation=False) [River 0.21 semantics]',
    make: () => new AmfRegressor({ ...rules021, seed: 42, useAggregation: false })
  },
  { column: 'amf25', recipe: `AMFRegressor(seed=42) ${derived}`, make: () => new AmfRegressor({ seed: 42 }) },
  {
    column: 'ss_amf25',
    recipe: `StandardScaler | AMFRegressor(seed=42) ${derived}`,
    make: () => new Pipeline(new StandardScaler(), new AmfRegressor({ seed: 42 }))
  }
]

for (const dataSet of Object.keys(dataSets) as DataSet[]) {
  for (const { column, recipe, make } of recipes) {
    test(`predicts, row by row, what River does: ${recipe} on ${dataSet}`, () => {
      assertParity(make(), dataSet, column, recipe)
    })
  }
}

interface TracedTree {
  nodes: number
  depth: number
  root_log_weight_tree: number
  root_weight: number
  root_feature: string | null
  root_threshold: number | null
}
interface Trace {
  checkpoints: { rows: number; trees: TracedTree[] }[]
}
const traces = JSON.parse(readFileSync(new URL('fixtures/amf_trace.json', import.meta.url), 'utf8')) as Record<
  string,
  Trace
>
const traced = [
  { key: 'river021/TrumpApproval', dataSet: 'trump', rules: '0.21' },
  { key: 'river025/TrumpApproval', dataSet: 'trump', rules: '0.25' }
] as const

function assertTraced(tree: AmfTreeDescription, expected: TracedTree, where: string): void {
  assert.equal(tree.nodes, expected.nodes, where)
  assert.equal(tree.depth, expected.depth, where)
  assert.equal(tree.rootFeature, expected.root_feature, where)
  assertClose(tree.rootWeight, expected.root_weight, where, 1e-9)
  assertClose(tree.rootSubtreeWeight, expected.root_log_weight_tree, where, 1e-9)
  assert.equal(tree.rootThreshold === null, expected.root_threshold === null, where)
  assertClose(tree.rootThreshold ?? 0, expected.root_threshold ?? 0, where, 1e-9)
}

for (const { key, dataSet, rules } of traced) {
  test(`grows the trees of ${key}`, () => {
    const model = new AmfRegressor({ rules, seed: 42 })
    const checkpoints = new Map(traces[key]!.checkpoints.map(({ rows, trees }) => [rows, trees]))
    for (const [index, { x, y }] of readExamples(dataSet).entries()) {
      model.learnOne(x, y)
      const expected = checkpoints.get(index + 1)
      if (expected === undefined) continue
      for (const [number, tree] of model.describeTrees().entries()) {
        assertTraced(tree, expected[number]!, `${key}, ${index + 1} rows, tree ${number}`)
      }
      checkpoints.delete(index + 1)
    }
    assert.equal(checkpoints.size, 0)
  })
}

test('two rows by hand', () => {
  const model = new AmfRegressor()
  model.learnOne({ x: 0 }, 1)
  assert.equal(model.predictOne({ x: 7 }), 1)
  model.learnOne({ x: 1 }, 3)
  // The root erred by 1 - 3: its weight is -2²/2, its mean 2. Its leaves have weight 0 and the means 1 and 3.
  const share = Math.exp(-2) / (Math.exp(-2) + 1)
  assertClose(model.predictOne({ x: 0 }), share * 2 + (1 - share) * 1, 'left')
  assertClose(model.predictOne({ x: 1 }), share * 2 + (1 - share) * 3, 'right')
  const [tree] = model.describeTrees()
  // Seed 42 gives the first tree the seed 1867825; it has drawn a time, a feature, and now the threshold.
  const random = new PythonRandom(1867825)
  random.random()
  random.random()
  assert.deepEqual(tree, {
    nodes: 3,
    depth: 1,
    rootWeight: -2,
    rootSubtreeWeight: tree!.rootSubtreeWeight,
    rootFeature: 'x',
    rootThreshold: random.random()
  })
  assertClose(tree.rootSubtreeWeight, Math.log((Math.exp(-2) + 1) / 2), 'weight of the tree')
})

test('without aggregation a row gets the mean of its leaf', () => {
  const model = new AmfRegressor({ useAggregation: false })
  for (const [x, y] of [
    [0, 1],
    [1, 3],
    [1, 5]
  ] as const)
    model.learnOne({ x }, y)
  assert.equal(model.predictOne({ x: -1 }), 1)
  assert.equal(model.predictOne({ x: 2 }), 4)
})

test('a forest that has learned nothing predicts 0 and says that it cannot', () => {
  const model = new AmfRegressor()
  assert.equal(model.canPredict, false)
  assert.equal(model.predictOne({ x: 1 }), 0)
  assert.deepEqual(model.describeTrees(), [])
  model.learnOne({}, 5)
  assert.equal(model.canPredict, true)
  assert.equal(model.predictOne({}), 5)
})

test('without the feature of a split a row goes to the child of more weight, or left', () => {
  const model = new AmfRegressor({ trees: 1 })
  for (const [x, y] of [
    [0, 0],
    [1, 10]
  ] as const)
    model.learnOne({ x }, y)
  // The root has weight -10²/2 against 0 and 0, so that only the leaf counts.
  assert.equal(model.predictOne({}), 0)
  model.learnOne({ x: 1 }, 20) // right: weight -10²/2, mean 15
  assert.equal(model.predictOne({}), 0)
  model.learnOne({ x: 0 }, 15) // left: weight -15²/2, mean 7.5
  assert.ok(Math.abs(model.predictOne({}) - 15) < 1e-3)
})

/** Predictions before each row, and for each row once more at the end. */
function run(model: AmfRegressor, rows: readonly { x: Features; y: number }[]): number[] {
  const before = rows.map(({ x, y }) => {
    const prediction = model.predictOne(x)
    model.learnOne(x, y)
    return prediction
  })
  return [...before, ...rows.map(({ x }) => model.predictOne(x))]
}

function renamed(names: readonly string[]): { x: Features; y: number }[] {
  const random = new PythonRandom(3)
  return Array.from({ length: 60 }, (_, index) => {
    const entries = names.map(name => [name, random.random()] as const)
    return { x: Object.fromEntries(index % 5 === 4 ? entries.slice(1) : entries), y: random.gauss(0, 1) }
  })
}

test('only the order of the names counts, whatever they are', () => {
  const plain = run(new AmfRegressor(), renamed(['a', 'b', 'c']))
  assert.deepEqual(run(new AmfRegressor(), renamed(['', '__proto__', 'constructor'])), plain)
  // Python orders by code points; the emoji would come first by UTF-16 units.
  assert.deepEqual(run(new AmfRegressor(), renamed(['a', '\ufffd', '\u{1f600}'])), plain)
  assert.notDeepEqual(run(new AmfRegressor(), renamed(['c', 'b', 'a'])), plain)
})

test('a tree stops to split when it has maxNodes nodes, and keeps learning', () => {
  const rows = readExamples('trump').slice(0, 100)
  const nodes = (maxNodes: number) => {
    const model = new AmfRegressor({ maxNodes })
    for (const { x, y } of rows) model.learnOne(x, y)
    return new Set(model.describeTrees().map(tree => tree.nodes))
  }
  assert.deepEqual(nodes(21), new Set([21]))
  assert.deepEqual(nodes(20), new Set([21]))
  const stump = new AmfRegressor({ maxNodes: 1 })
  for (const { x, y } of rows) stump.learnOne(x, y)
  const mean = rows.reduce((sum, { y }) => sum + y, 0) / rows.length
  assertClose(stump.predictOne(rows[0]!.x), mean, 'mean of a single leaf')
})

for (const rules of ['0.25', '0.21'] as const) {
  test(`a state restored after any number of rows continues bit for bit, rules ${rules}`, () => {
    const rows = readExamples('trump').slice(0, 160)
    for (const learned of [0, 1, 2, 3, 40, 100]) {
      const model = new AmfRegressor({ rules })
      for (const { x, y } of rows.slice(0, learned)) model.learnOne(x, y)
      const restored = AmfRegressor.fromState(model.toState())
      assert.deepEqual(restored.toState(), model.toState())
      assert.deepEqual(restored.describeTrees(), model.describeTrees())
      assert.deepEqual(run(restored, rows.slice(learned)), run(model, rows.slice(learned)))
      assert.deepEqual(restored.toState(), model.toState())
    }
  })

  test(`numbers at the ends of the range neither break nor stop the forest, rules ${rules}`, () => {
    const number = fc.constantFrom(1e100, -1e100, 5e-324, -5e-324, 0, -0, 1e-310, 2e-308, 1, 1e100 * (1 - 2 ** -53))
    const row = fc.record({ x: fc.dictionary(fc.constantFrom('a', 'b', 'c'), number), y: number })
    fc.assert(
      fc.property(fc.array(row, { maxLength: 50 }), fc.constantFrom(1e50, 1, 1e-300), (rows, step) => {
        const model = new AmfRegressor({ rules, step, trees: 3 })
        assert.ok(run(model, rows).every(prediction => Math.abs(prediction) <= 1.0000001e100))
        assert.deepEqual(AmfRegressor.fromState(model.toState()).toState(), model.toState())
      })
    )
  })
}

test('deep trees are walked, described and restored', () => {
  const model = new AmfRegressor({ trees: 2 })
  // Each row lies so far outside all earlier ones that it splits near the root.
  for (let index = 0; index < 300; index++) model.learnOne({ x: 1.9 ** index }, index % 7)
  assert.ok(model.describeTrees().every(({ depth }) => depth > 128))
  for (let index = 0; index < 20; index++) model.learnOne({ x: index / 100 }, index)
  const restored = AmfRegressor.fromState(model.toState())
  assert.deepEqual(restored.describeTrees(), model.describeTrees())
})

test('options outside their range are refused', () => {
  const refused: AmfRegressorOptions[] = [
    { trees: 0 },
    { trees: 1.5 },
    { trees: 10_001 },
    { step: 0 },
    { step: NaN },
    { step: 1e51 },
    { seed: -1 },
    { seed: 2 ** 53 },
    { maxNodes: 0 },
    { maxNodes: Infinity },
    { rules: '0.23' as '0.21' }
  ]
  for (const options of refused) assert.throws(() => new AmfRegressor(options), { code: 'MILL_OPTION_INVALID' })
})

/** The state of a small forest with something changed, under a valid checksum. */
function tampered(rules: '0.25' | '0.21', change: (state: StateFields, tree: StateFields) => void): Uint8Array {
  const model = new AmfRegressor({ trees: 2, rules })
  for (const { x, y } of readExamples('trump').slice(0, 8)) model.learnOne(x, y)
  const { fields } = decodeState(model.toState())
  change(fields, (fields['trees'] as StateFields[])[1]!)
  return encodeState('AmfRegressor', 1, fields)
}

const changes: Record<string, (tree: StateFields) => void> = {
  'a feature that no name has': tree => set(tree, 'features', 0, 6),
  'a feature below -1': tree => set(tree, 'features', 0, -2),
  'a branch at the end': tree => set(tree, 'features', -1, 0),
  'a leaf at the root, with nodes behind': tree => set(tree, 'features', 0, -1),
  'no nodes': tree => Object.assign(tree, { features: new Int32Array(0) }),
  'a threshold that is no number': tree => set(tree, 'thresholds', 0, NaN),
  'too few thresholds': tree => Object.assign(tree, { thresholds: new Float64Array(3) }),
  'a child split before its parent': tree => set(tree, 'splitTimes', 0, 1e300),
  'a time that is no number': tree => set(tree, 'splitTimes', 0, NaN),
  'an infinite mean': tree => set(tree, 'means', 0, Infinity),
  'a mean beyond any target': tree => set(tree, 'means', 0, 1e102),
  'a bound beyond any value': tree => set(tree, 'boxes', 1, 1e111),
  'a mean of no targets': tree => set(tree, 'counts', 0, 0),
  'a count that is no integer': tree => set(tree, 'counts', 0, 1.5),
  'a weight above 0': tree => set(tree, 'weights', 0, 1),
  'a weight that is no number': tree => set(tree, 'weights', 0, NaN),
  'a box with lower bound above the upper one': tree => set(tree, 'boxes', 0, 1e9),
  'a box with one bound': tree => set(tree, 'boxes', 0, NaN),
  'a random position beyond the words': tree => set(tree, 'random', -1, 625),
  'a mark under the rules 0.25': tree => Object.assign(tree, { marks: new Int32Array(1) })
}

function set(tree: StateFields, column: string, index: number, value: number): void {
  const values = tree[column] as Float64Array
  values[index < 0 ? values.length + index : index] = value
}

for (const [what, change] of Object.entries(changes)) {
  test(`a state is refused that has ${what}`, () => {
    const bytes = tampered('0.25', (_, tree) => change(tree))
    assert.throws(() => AmfRegressor.fromState(bytes), { code: 'MILL_STATE_INVALID' })
  })
}

test('a state is refused whose options, trees or marks are wrong', () => {
  const states = [
    tampered('0.25', state => (state['trees'] as StateFields[]).pop()),
    tampered('0.25', state => Object.assign(state['options'] as StateFields, { trees: 0 })),
    tampered('0.25', state => Object.assign(state['options'] as StateFields, { rules: 'none' })),
    tampered('0.21', (_, tree) => set(tree, 'marks', 0, 1)),
    tampered('0.21', (_, tree) => set(tree, 'marks', 3, 4)),
    tampered('0.21', (_, tree) => set(tree, 'marks', 3, 2)),
    tampered('0.21', (_, tree) => Object.assign(tree, { marks: new Int32Array(0) })),
    tampered('0.21', (_, tree) => (tree['boxes'] as Float64Array).fill(NaN, 0, 2))
  ]
  for (const bytes of states) assert.throws(() => AmfRegressor.fromState(bytes), { code: 'MILL_STATE_INVALID' })
})

test('whatever the columns hold, a state is refused or gives a forest that works', () => {
  const column = fc.constantFrom('features', 'thresholds', 'splitTimes', 'means', 'counts', 'weights', 'boxes', 'marks')
  const value = fc.oneof(fc.integer({ min: -2, max: 6 }), fc.double())
  const edits = fc.array(fc.tuple(column, fc.nat({ max: 14 }), value), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(fc.constantFrom('0.25' as const, '0.21' as const), edits, (rules, list) => {
      const bytes = tampered(rules, (_, tree) => {
        for (const [name, index, number] of list) set(tree, name, index, number)
      })
      const model = restoredOrRefused(bytes)
      if (model === undefined) return
      assert.ok(run(model, renamed(['ordinal_date', 'ipsos', 'new'])).every(Number.isFinite))
      assert.equal(AmfRegressor.fromState(model.toState()).names.size, 7)
    })
  )
})

function restoredOrRefused(bytes: Uint8Array): AmfRegressor | undefined {
  try {
    return AmfRegressor.fromState(bytes)
  } catch (error) {
    assert.equal((error as { code?: string }).code, 'MILL_STATE_INVALID')
    return undefined
  }
}

test('a row with more features than a forest takes is refused, and leaves the forest as it was', () => {
  const model = new AmfRegressor({ trees: 2 })
  model.learnOne({ a: 1 }, 2)
  const before = model.toState()
  const wide = Object.fromEntries(Array.from({ length: 8187 }, (_, index) => [`f${index}`, index]))
  assert.throws(() => model.learnOne(wide, 3), { code: 'MILL_FEATURE_LIMIT' })
  assert.deepEqual(model.toState(), before)
  delete wide['f0']
  model.learnOne(wide, 3)
  assert.deepEqual(AmfRegressor.fromState(model.toState()).toState(), model.toState())
})
