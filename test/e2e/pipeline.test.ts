import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { sampleDataFile } from '@millrace/engine'
import { type Addresses, entryOf, get, post, startProgram, startUp, temporaryFolder } from './program.ts'

const stamp = '\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{6}'

function addressSettings(addresses: Addresses): Record<string, string> {
  return {
    MILLRACE_INGESTION_URL: addresses.ingestion,
    MILLRACE_FEATURES_URL: addresses.features,
    MILLRACE_LINEAR_URL: addresses.linear_regression,
    MILLRACE_RIDGE_URL: addresses.ridge_regression,
    MILLRACE_KNN_URL: addresses.knn_regressor,
    MILLRACE_AMF_URL: addresses.amf_regressor
  }
}

/** Nothing answers here: no other program listens on a port below 1024 that has no service. */
const nowhere = 'http://127.0.0.1:3'

async function run(t: TestContext, env: Record<string, string>) {
  const { exit, lines, errors } = startProgram(t, ['pipeline', 'run'], env)
  const { code } = await exit
  return { code, lines, errors: errors() }
}

/** A file with these values, as observations of months. */
function dataFile(folder: string, values: readonly number[]): string {
  const file = path.join(folder, 'values.csv')
  const rows = values.map((value, index) => `1949-${String(index + 1).padStart(2, '0')},${value}`)
  writeFileSync(file, ['input,target', ...rows, ''].join('\n'))
  return file
}

test('pipeline run takes one step over HTTP and logs it as documented, until the stream is exhausted', async t => {
  const folder = temporaryFolder(t)
  const up = await startUp(t, {
    MILLRACE_DATA_DIR: folder,
    MILLRACE_DATA_FILE: dataFile(folder, [112, 118]),
    N_LAGS: '2'
  })
  const env = addressSettings(up.addresses)
  await run(t, env)
  const { code, lines, errors } = await run(t, env)
  assert.equal(code, 0)
  assert.equal(errors, '')
  // After one row with all lags 0: the linear models have an intercept of 0.01 * 2 * 112, the others know one target.
  const expected = [
    '=== E2E PIPELINE START ===',
    '\\[1/4\\] SUCCESS: Ingestion - \\{"observation_id": 2, "input": "1949-02", "target": 118, "remaining": 0\\}',
    '\\[2/4\\] SUCCESS: Features extracted: 2 inputs, 1 lags available',
    '  Feature breakdown:',
    '    in_1: 112\\.0',
    '    in_2: 0\\.0',
    '\\[3/4\\] SUCCESS: Model predictions \\(parallel execution\\):',
    '  Model     : Linear: Linear \\| Ridge: Ridge \\| KNN: KNN \\| AMFR: AMFR',
    '  Prediction: Linear: 2\\.2400 \\| Ridge: 2\\.2400 \\| KNN: 112\\.0000 \\| AMFR: 112\\.0000',
    '  MAE       : Linear: 113\\.88 \\| Ridge: 113\\.88 \\| KNN: 59\\.00 \\| AMFR: 59\\.00',
    '  RMSE      : Linear: 113\\.90 \\| Ridge: 113\\.90 \\| KNN: 79\\.31 \\| AMFR: 79\\.31',
    '  MAPE      : Linear: 99\\.05 \\| Ridge: 99\\.05 \\| KNN: 52\\.54 \\| AMFR: 52\\.54',
    '  Count     : Linear: 2 \\| Ridge: 2 \\| KNN: 2 \\| AMFR: 2',
    '  Error     : Linear: 115\\.76 \\| Ridge: 115\\.76 \\| KNN: 6\\.00 \\| AMFR: 6\\.00',
    '  Time      : Linear: \\d+\\.\\d{3}s \\| Ridge: \\d+\\.\\d{3}s \\| KNN: \\d+\\.\\d{3}s \\| AMFR: \\d+\\.\\d{3}s',
    '',
    '\\[4/4\\] SUCCESS: All 4 models trained in parallel',
    `=== E2E PIPELINE COMPLETE: ${stamp} \\| Duration: \\d+\\.\\d{3}s ===`
  ]
  for (const [index, pattern] of expected.entries()) {
    assert.match(lines[index] ?? '', new RegExp(`^${stamp}: ${pattern}$`))
  }
  assert.equal(lines.length, expected.length)

  const end = await run(t, env)
  assert.equal(end.code, 0)
  assert.match(end.lines.join('\n'), new RegExp(`^${stamp}: INFO: No more observations available - stream exhausted$`))
  const series = (await get(`${up.addresses.features}/series/features_pipeline`)).body as { length: number }
  assert.equal(series.length, 2)
})

test('a model that is down is an ERROR in its column, fails nothing else, and learns when it is back', async t => {
  const up = await startUp(t, { MILLRACE_DATA_DIR: temporaryFolder(t) })
  const { code, lines, errors } = await run(t, { ...addressSettings(up.addresses), MILLRACE_KNN_URL: nowhere })
  assert.equal(code, 0)
  const cells = lines.map(line => line.slice(line.indexOf(': ') + 2))
  assert.ok(cells.includes('  Prediction: Linear: 0.0000 | Ridge: 0.0000 | KNN: ERROR | AMFR: 0.0000'))
  assert.ok(cells.includes('  Count     : Linear: 1 | Ridge: 1 | KNN: - | AMFR: 1'))
  assert.match(errors, new RegExp(`^${stamp}: WARNING: KNN failed: POST ${nowhere}/predict_learn: `))
  assert.equal(await position(up.addresses), 0)
  assert.deepEqual(await countsOf(up.addresses), [1, 1, 0, 1])

  const again = await run(t, addressSettings(up.addresses))
  assert.ok(again.lines.some(line => line.includes('"observation_id": 1, ')))
  assert.equal(await position(up.addresses), 1)
  assert.deepEqual(await countsOf(up.addresses), [1, 1, 1, 1])
  const series = (await get(`${up.addresses.features}/series/features_pipeline`)).body as { length: number }
  assert.equal(series.length, 1)
})

test('features that are down fail the run with 1', async t => {
  const up = await startUp(t, { MILLRACE_DATA_DIR: temporaryFolder(t) })
  const { code, lines } = await run(t, { ...addressSettings(up.addresses), MILLRACE_FEATURES_URL: nowhere })
  assert.equal(code, 1)
  assert.match(
    lines.join('\n'),
    new RegExp(`^${stamp}: ERROR: Pipeline failed: POST ${nowhere}/add: connect ECONNREFUSED`)
  )
})

test('up steps through the stream, logs each step, and begins again after a reset', async t => {
  const folder = temporaryFolder(t)
  const values = [100, 110, 120]
  const up = await startUp(t, {
    MILLRACE_DATA_DIR: folder,
    MILLRACE_DATA_FILE: dataFile(folder, values),
    PIPELINE_INTERVAL: '0.05'
  })
  await up.entry('stream exhausted')
  const steps = () => up.lines.filter(line => line.includes('"msg":"pipeline stepped"')).map(entryOf)
  assert.deepEqual(
    steps().map(step => [step['observation_id'], step['remaining']]),
    [
      [1, 2],
      [2, 1],
      [3, 0]
    ]
  )
  assert.equal((steps()[0]!['mae'] as Record<string, number>)['linear_regression'], 100) // the first prediction is 0
  await post(`${up.addresses.ingestion}/reset`)
  await up.line(() => steps().length >= 6)
  const metrics = (await get(`${up.addresses.amf_regressor}/model_metrics`)).body as { default: { count: number } }
  assert.equal(metrics.default.count, 6)
  up.child.kill('SIGTERM')
  assert.deepEqual(await up.exit, { code: 0, signal: null })
})

/** The values of the stream that comes with Millrace. */
const sampleValues = readFileSync(sampleDataFile, 'utf8')
  .trim()
  .split('\n')
  .slice(1)
  .map(line => Number(line.split(',')[1]))

async function countsOf(addresses: Addresses): Promise<number[]> {
  const { linear_regression, ridge_regression, knn_regressor, amf_regressor } = addresses
  return Promise.all(
    [linear_regression, ridge_regression, knn_regressor, amf_regressor].map(async url => {
      const { default: score } = (await get(`${url}/model_metrics`)).body as { default?: { count: number } }
      return score?.count ?? 0
    })
  )
}

async function position(addresses: Addresses): Promise<number> {
  return ((await get(`${addresses.ingestion}/status`)).body as { current_index: number }).current_index
}

test('a pipeline that is killed goes on without losing or doubling an observation', async t => {
  const env = { MILLRACE_DATA_DIR: temporaryFolder(t) }
  for (let life = 0; life < 2; life++) {
    const up = await startUp(t, { ...env, PIPELINE_INTERVAL: '0.001' })
    await up.line(() => up.lines.filter(line => line.includes('"msg":"pipeline stepped"')).length >= 15)
    up.child.kill('SIGKILL')
    await up.exit
  }
  const up = await startUp(t, env)
  await run(t, addressSettings(up.addresses))
  const steps = await position(up.addresses)
  assert.ok(steps > 30)
  assert.deepEqual(await countsOf(up.addresses), [steps, steps, steps, steps])
  const added = await post(`${up.addresses.features}/add`, { series_id: 'features_pipeline', value: 0 })
  const { features } = added.body as { features: Record<string, number> }
  assert.deepEqual(Object.values(features), sampleValues.slice(0, steps).toReversed().slice(0, 15))
})
