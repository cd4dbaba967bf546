import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createRuntime, type RuntimeModel } from '@millrace/runtime'
import { type Features, LastValue, LinearRegression, Pipeline, StandardScaler } from '@millrace/online'
import { createLearner } from '../../src/learning/catalog.ts'
import { learnerToOnnx } from '../../src/serving/learners/learner-to-onnx.ts'
import { temporaryFolder } from '../learner-setup.ts'
import { airlineRows, friedmanRows, type StreamRow } from './learner-streams.ts'

const named = { model: 'mine', version: '7' }

/** What onnxruntime makes of the file that a learner is written as. */
async function loaded(context: TestContext, learner: Pick<Pipeline, 'toState'>): Promise<RuntimeModel> {
  const path = join(temporaryFolder(context), 'model.onnx')
  writeFileSync(path, learnerToOnnx(learner.toState(), named))
  const runtime = createRuntime()
  context.after(() => runtime.close())
  return runtime.load({ label: 'mine/7', path })
}

async function predictions(model: RuntimeModel, rows: readonly (readonly number[])[]): Promise<Float64Array> {
  const shape = [rows.length, model.inputs[0]!.shape[1]!]
  const input = { name: 'features', datatype: 'FP64', shape, data: Float64Array.from(rows.flat()) } as const
  const { outputs } = await model.run({ inputs: [input] })
  assert.deepEqual(
    outputs.map(({ name, datatype, shape: given }) => [name, datatype, given]),
    [['prediction', 'FP64', [rows.length]]]
  )
  return outputs[0]!.data as Float64Array
}

/** The largest difference, relative where predictions are above 1. */
function furthest(found: Float64Array, expected: readonly number[]): number {
  assert.equal(found.length, expected.length)
  return Math.max(...expected.map((value, row) => Math.abs(value - found[row]!) / Math.max(1, Math.abs(value))))
}

function valuesOf(features: Features, names: readonly string[]): number[] {
  return names.map(name => features[name]!)
}

const streams: Record<string, StreamRow[]> = { friedman: friedmanRows(), airline: airlineRows() }
for (const [stream, rows] of Object.entries(streams)) {
  for (const name of ['linear_regression', 'ridge_regression'] as const) {
    test(`${name} as ONNX predicts what the learner does: ${stream}`, async t => {
      const learner = createLearner(name, { seed: 1 })
      for (const { features, target } of rows) learner.learnOne(features, target)
      const names = Object.keys(rows[0]!.features)
      const found = await predictions(
        await loaded(t, learner),
        rows.map(({ features }) => valuesOf(features, names))
      )
      const expected = rows.map(({ features }) => learner.predictOne(features))
      assert.ok(new Set(expected).size > rows.length / 2)
      assert.ok(furthest(found, expected) <= 1e-12, `${furthest(found, expected)}`)
    })
  }
}

function scales(row: number, constant: number): Features {
  return { tiny: 1e-90 * Math.sin(row), constant, huge: 1e80 * Math.cos(row), far: 1e9 + Math.sin(3 * row) }
}

test('features of any scale, and such that never changed, count as they do for the learner', async t => {
  const learner = createLearner('linear_regression', { seed: 1 })
  for (let row = 0; row < 2000; row++) learner.learnOne(scales(row, 5), Math.sin(row) + 2 * Math.cos(row))
  const names = ['tiny', 'constant', 'huge', 'far']
  const asked = Array.from({ length: 1000 }, (_, row) => scales(row + 0.5, row))
  const expected = asked.map(features => learner.predictOne(features))
  const found = await predictions(
    await loaded(t, learner),
    asked.map(features => valuesOf(features, names))
  )
  assert.ok(furthest(found, expected) <= 1e-9, `${furthest(found, expected)}`)
  assert.ok(Math.max(...expected) > 1)
})

test('a feature that is left out is one at its mean', async t => {
  const learner = createLearner('ridge_regression', { seed: 1 })
  for (const a of [1, 2, 3]) learner.learnOne({ a, b: 10 * a ** 2 }, a)
  for (const a of [5, 1]) learner.learnOne({ a }, a)
  const model = await loaded(t, learner)
  // Means: of a (1 + 2 + 3 + 5 + 1) / 5, of b (10 + 40 + 90) / 3.
  const found = await predictions(model, [
    [4, 140 / 3],
    [2.4, 70],
    [2.4, 140 / 3]
  ])
  const expected = [{ a: 4 }, { b: 70 }, {}].map(features => learner.predictOne(features))
  assert.ok(furthest(found, expected) <= 1e-12)
  assert.notEqual(expected[0], expected[2])
})

test('a scaler that only centres is written as one', async t => {
  const learner = new Pipeline(new StandardScaler({ withStd: false }), new LinearRegression())
  for (const a of [1, 4, 2, 8]) learner.learnOne({ a, same: 3 }, 2 * a)
  const found = await predictions(await loaded(t, learner), [
    [5, 3],
    [6, 9]
  ])
  const expected = [
    { a: 5, same: 3 },
    { a: 6, same: 9 }
  ].map(features => learner.predictOne(features))
  assert.ok(furthest(found, expected) <= 1e-12)
})

test('no rows, and a learner that has seen nothing, are answered too', async t => {
  const learner = createLearner('linear_regression', { seed: 1, parameters: { intercept_init: 4 } })
  assert.deepEqual([...(await predictions(await loaded(t, learner), [[], []]))], [4, 4])
  learner.learnOne({ a: 1, b: 2 }, 4)
  const model = await loaded(t, learner)
  assert.equal((await predictions(model, [])).length, 0)
  assert.deepEqual(model.inputs, [{ name: 'features', datatype: 'FP64', shape: [-1, 2] }])
})

test('the file tells the names of the features in the order of its columns', () => {
  const learner = createLearner('linear_regression', { seed: 1 })
  learner.learnOne({ b: 1, 'é"\uD800': 2, a: 3 }, 1)
  const file = Buffer.from(learnerToOnnx(learner.toState(), named))
  // Entries of metadata in the wire format, with the bytes of each text counted before it.
  for (const property of ['\x0a\x0dfeature_names\x12\x16["b","é\\"\\ud800","a"]', '\x0a\x0amodel_name\x12\x04mine']) {
    assert.ok(file.includes(property), JSON.stringify(property))
  }
  assert.ok(file.includes('\x0a\x0dmodel_version\x12\x017'))
  assert.ok(file.includes('\x0a\x0dfeature_means\x12\x07[1,2,3]'))
})

test('only linear learners behind a standard scaler can be written', () => {
  const others = [
    createLearner('knn_regressor', { seed: 1 }),
    createLearner('amf_regressor', { seed: 1 }),
    new LinearRegression(),
    new LastValue(),
    new Pipeline(new LinearRegression()),
    new Pipeline(new StandardScaler(), new StandardScaler(), new LinearRegression())
  ]
  for (const learner of others) {
    assert.throws(() => learnerToOnnx(learner.toState(), named), { code: 'MILL_UNSUPPORTED', message: /^mine cannot/ })
  }
  assert.throws(() => learnerToOnnx(Uint8Array.of(1, 2, 3), named), { code: 'MILL_STATE_INVALID' })
})
