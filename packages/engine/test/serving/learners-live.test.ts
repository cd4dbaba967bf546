import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import type { NamedTensor, RunResult } from '@millrace/runtime'
import { learnerNames } from '../../src/learning/catalog.ts'
import type { ServedLearner } from '../../src/learning/served-learner.ts'
import { liveVersion } from '../../src/serving/learners/live-version.ts'
import { memoryLearner } from '../learner-setup.ts'
import { airlineRows, friedmanRows } from './learner-streams.ts'

function column(name: string, ...values: number[]): NamedTensor {
  return { name, datatype: 'FP64', shape: [values.length], data: Float64Array.from(values) }
}

function matrix(rows: readonly (readonly number[])[], width = rows[0]?.length ?? 0): NamedTensor {
  return { name: 'features', datatype: 'FP64', shape: [rows.length, width], data: Float64Array.from(rows.flat()) }
}

function numbersOf({ outputs }: RunResult): number[] {
  return [...(outputs[0]!.data as Float64Array)]
}

/** Knows the features a and b, and in how far they matter. */
async function taught(context: TestContext, name: ServedLearner['name'] = 'linear_regression'): Promise<ServedLearner> {
  const learner = await memoryLearner({ name })
  context.after(() => learner.close())
  const values = Array.from({ length: 50 }, (_, index) => [index % 7, index % 3] as const)
  await learner.learnMany(values.map(([a, b]) => ({ features: { a, b }, target: 2 * a - b })))
  return learner
}

for (const name of learnerNames) {
  test(`${name} predicts as a model what it predicts as a learner`, async t => {
    const learner = await memoryLearner({ name })
    t.after(() => learner.close())
    const rows = friedmanRows()
    await learner.learnMany(rows.slice(0, 300))
    const asked = rows.slice(300, 500).map(({ features }) => features)
    const expected = asked.map(features => learner.predict(features))
    const version = liveVersion(learner)
    const names = learner.featureNames()
    const columns = names.map(feature => column(feature, ...asked.map(features => features[feature]!)))
    const byColumns = await version.run({ inputs: columns.toReversed() })
    assert.deepEqual(byColumns.outputs, [
      { name: 'prediction', datatype: 'FP64', shape: [200], data: Float64Array.from(expected) }
    ])
    const inputs = [matrix(asked.map(features => names.map(feature => features[feature]!)))]
    assert.deepEqual(numbersOf(await version.run({ inputs, featureNames: names })), expected)
    assert.equal(byColumns.batchRows, 200)
  })
}

test('columns without names are the lags that the feature service makes', async t => {
  const learner = await memoryLearner()
  t.after(() => learner.close())
  const rows = airlineRows()
  await learner.learnMany(rows)
  const inputs = [
    matrix(rows.map(({ features }) => Array.from({ length: 12 }, (_, lag) => features[`in_${lag + 1}`]!)))
  ]
  const expected = rows.map(({ features }) => learner.predict(features))
  assert.deepEqual(numbersOf(await liveVersion(learner).run({ inputs })), expected)
})

test('a learner that has other features needs the names of the columns, and a new one does not', async t => {
  const inputs = [matrix([[1, 2]])]
  const other = liveVersion(await taught(t))
  await assert.rejects(other.run({ inputs }), { code: 'MILL_INPUT_INVALID', message: /feature_names/ })
  const fresh = await memoryLearner()
  t.after(() => fresh.close())
  assert.deepEqual(numbersOf(await liveVersion(fresh).run({ inputs })), [0])
})

test('features come in any numeric type', async t => {
  const learner = await taught(t)
  const version = liveVersion(learner)
  const whole: Omit<NamedTensor, 'name'>[] = [
    { datatype: 'UINT8', shape: [2], data: Uint8Array.of(3, 1) },
    { datatype: 'UINT16', shape: [2, 1], data: Uint16Array.of(3, 1) },
    { datatype: 'UINT32', shape: [2], data: Uint32Array.of(3, 1) },
    { datatype: 'UINT64', shape: [2], data: BigUint64Array.of(3n, 1n) },
    { datatype: 'INT8', shape: [2], data: Int8Array.of(3, 1) },
    { datatype: 'INT16', shape: [2], data: Int16Array.of(3, 1) },
    { datatype: 'INT32', shape: [2], data: Int32Array.of(3, 1) },
    { datatype: 'INT64', shape: [2, 1], data: BigInt64Array.of(3n, 1n) },
    { datatype: 'FP16', shape: [2], data: Uint16Array.of(0x4200, 0x3c00) },
    { datatype: 'FP32', shape: [2], data: Float32Array.of(3, 1) }
  ]
  const expected = [3, 1].map(a => learner.predict({ a }))
  for (const input of whole) {
    assert.deepEqual(numbersOf(await version.run({ inputs: [{ name: 'a', ...input }] })), expected, input.datatype)
  }
  const flags = { name: 'a', datatype: 'BOOL', shape: [2], data: Uint8Array.of(1, 0) } as const
  assert.deepEqual(numbersOf(await version.run({ inputs: [flags] })), [
    learner.predict({ a: 1 }),
    learner.predict({ a: 0 })
  ])
})

test('halves are what IEEE 754 says', async t => {
  const learner = await taught(t)
  // The least, the largest below 1 that is not normal, the least normal, 1/3, -2, -0, and the largest.
  const bits = [0x0001, 0x03ff, 0x0400, 0x3555, 0xc000, 0x8000, 0x7bff]
  const values = [5.960464477539063e-8, 0.00006097555160522461, 0.00006103515625, 0.333251953125, -2, -0, 65_504]
  const halves = { name: 'a', datatype: 'FP16', shape: [7], data: Uint16Array.from(bits) } as const
  assert.deepEqual(
    numbersOf(await liveVersion(learner).run({ inputs: [halves] })),
    values.map(a => learner.predict({ a }))
  )
  for (const [special, text] of [
    [0x7c00, 'Infinity'],
    [0xfc00, '-Infinity'],
    [0x7e00, 'NaN'],
    [0xfc01, 'NaN']
  ] as const) {
    const inputs = [{ ...halves, shape: [1], data: Uint16Array.of(special) }]
    const message = `feature a must be a finite number, got ${text}`
    await assert.rejects(liveVersion(learner).run({ inputs }), { code: 'MILL_VALUE_NOT_FINITE', message })
  }
})

test('no integer is rounded in silence', async t => {
  const version = liveVersion(await taught(t))
  for (const large of [2n ** 53n, 2n ** 53n + 1n, -(2n ** 53n), -(2n ** 63n)]) {
    const inputs = [{ name: 'a', datatype: 'INT64', shape: [1], data: BigInt64Array.of(large) } as const]
    await assert.rejects(version.run({ inputs }), { code: 'MILL_INPUT_INVALID', message: /2\^53/ })
  }
  const largest = [{ name: 'a', datatype: 'UINT64', shape: [1], data: BigUint64Array.of(2n ** 53n - 1n) } as const]
  await version.run({ inputs: largest })
})

test('a value that cannot be predicted from is named with its row', async t => {
  const version = liveVersion(await taught(t))
  const ask = (...values: number[]): Promise<RunResult> => version.run({ inputs: [column('a', ...values)] })
  await assert.rejects(ask(1, 2, NaN), {
    code: 'MILL_VALUE_NOT_FINITE',
    message: 'row 2: feature a must be a finite number, got NaN',
    details: { name: 'feature a', row: 2 }
  })
  await assert.rejects(ask(Infinity), { message: 'feature a must be a finite number, got Infinity' })
  await assert.rejects(ask(1e101), { code: 'MILL_VALUE_OUT_OF_RANGE' })
})

test('inputs that make no sense are refused, with the reason', async t => {
  const version = liveVersion(await taught(t))
  const names = ['a', 'b']
  const text = { name: 'a', datatype: 'BYTES', shape: [1], data: ['1'] } as const
  const refused: [RegExp, Parameters<typeof version.run>[0]][] = [
    [/there is no input/, { inputs: [] }],
    [/holds texts/, { inputs: [text] }],
    [/'b' has 2 elements, and 'a' has 1/, { inputs: [column('a', 1), column('b', 1, 2)] }],
    [/\[n\] or \[n,1\], got \[1,2\]/, { inputs: [{ ...column('a', 1, 2), shape: [1, 2] }] }],
    [/got \[\]/, { inputs: [{ ...column('a', 1), shape: [] }] }],
    [/of shape \[3\] has 2 elements/, { inputs: [{ ...column('a', 1, 2), shape: [3] }] }],
    [/feature a is given twice/, { inputs: [column('a', 1), column('a', 1)] }],
    [/feature a is given twice/, { inputs: [matrix([[1, 2]])], featureNames: ['a', 'a'] }],
    [/has 3 columns, and there are 2/, { inputs: [matrix([[1, 2, 3]])], featureNames: names }],
    [/need one input/, { inputs: [column('a', 1)], featureNames: names }],
    [/need one input/, { inputs: [], featureNames: [] }],
    [/unexpected inference output 'label'/, { inputs: [column('a', 1)], outputs: ['prediction', 'label'] }]
  ]
  for (const [message, request] of refused) {
    await assert.rejects(version.run(request), { code: 'MILL_INPUT_INVALID', message }, String(message))
  }
  assert.equal(version.counts().pending, 0)
})

test('no rows are answered by none', async t => {
  const version = liveVersion(await taught(t))
  for (const inputs of [[column('a')], [matrix([], 2)]]) {
    const { outputs } = await version.run({ inputs, featureNames: inputs[0]!.name === 'a' ? undefined : ['a', 'b'] })
    assert.deepEqual([outputs[0]!.shape, outputs[0]!.data.length], [[0], 0])
  }
})

function oddNames(value: number): Record<string, number> {
  return JSON.parse(`{"__proto__": ${value}, "constructor": 1, "": 2, "7": ${value % 2}}`) as Record<string, number>
}

test('any text is the name of a feature', async t => {
  const learner = await memoryLearner()
  t.after(() => learner.close())
  await learner.learnMany([1, 5, 2, 8, 3].map(value => ({ features: oddNames(value), target: value })))
  const inputs = Object.entries(oddNames(9)).map(([name, value]) => column(name, value))
  assert.equal(inputs.length, 4)
  const [prediction] = numbersOf(await liveVersion(learner).run({ inputs }))
  assert.equal(prediction, learner.predict(oddNames(9)))
  assert.notEqual(prediction, learner.predict({ '': 2 }))
})

test('it answers by what the learner has learned until then, and is never cached', async t => {
  const learner = await taught(t)
  const version = liveVersion(learner, { model: 'mine', now: () => 5 })
  const ask = async (): Promise<number> => numbersOf(await version.run({ inputs: [column('a', 6)] }))[0]!
  const before = await ask()
  await learner.learn({ features: { a: 6 }, target: 1000 })
  const after = await ask()
  assert.equal(after, learner.predict({ a: 6 }))
  assert.notEqual(after, before)
  const { model, version: name, digest, platform, loadedAt } = version
  assert.deepEqual([model, name, digest, platform, loadedAt], ['mine', 'live', undefined, 'millrace_learner', 5])
})

test('its metadata tell the features it has seen so far, and its score', async t => {
  const learner = await taught(t)
  const { metadata } = liveVersion(learner)
  assert.deepEqual(metadata.features, [{ name: 'a' }, { name: 'b' }])
  assert.equal(metadata.metrics['count'], 50)
  await learner.learn({ features: { c: 6 }, target: 1 })
  assert.deepEqual(metadata.features, [{ name: 'a' }, { name: 'b' }, { name: 'c' }])
  assert.equal(metadata.metrics['count'], 51)
  assert.equal(metadata.metrics['mae'], learner.metrics().mae)
  assert.deepEqual(metadata.raw['features'], ['a', 'b', 'c'])
  assert.equal(metadata.outputs.prediction, 'prediction')
})
