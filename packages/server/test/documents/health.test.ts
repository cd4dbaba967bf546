import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import type { ModelServer, ModelStatus } from '@millrace/engine'
import { buildInference } from '../../src/services/inference.ts'
import { withExperiments } from '../fresh-experiments.ts'
import { freshLearner } from '../fresh-learner.ts'
import { common } from '../services.ts'
import { documentApp } from './document-app.ts'
import { get, post } from './json.ts'

const opened = await documentApp({ after })
const deciding = await withExperiments(opened.models)
const { app, models, metrics } = opened

/** The service over the same models, of which a test may replace what it likes. */
async function serving(replaced: {
  models?: Partial<ModelServer>
  problem?: string
  experiments?: string
  redis?: boolean | undefined
  s3Bucket?: string
}) {
  const learner = await freshLearner('linear_regression')
  const health = () => ({ ...learner.health(), problem: replaced.problem })
  return buildInference({
    ...common,
    config: replaced.s3Bucket === undefined ? common.config : { ...common.config, s3Bucket: replaced.s3Bucket },
    registry: new (await import('prom-client')).Registry(),
    metrics,
    models: { ...models, ...replaced.models },
    ...deciding,
    learner: { ...learner, health },
    redisConnected: () => replaced.redis,
    experimentsProblem: () => replaced.experiments
  })
}

test('health has what every document promises', async () => {
  for (const url of ['/health', '/api/health']) {
    const { status, body } = await get(app, url)
    assert.equal(status, 200)
    const { uptime, uptime_seconds, timestamp, models_loaded, checks, version, ...rest } = body
    assert.deepEqual(rest, {
      status: 'ok',
      model_loaded: true,
      role: 'writer',
      sequence: 1,
      durability: 'fsync',
      model_name: 'random_forest_classifier',
      redis_connected: false
    })
    assert.ok(typeof uptime === 'number' && uptime >= 0 && uptime < 1000)
    assert.equal(uptime_seconds, uptime)
    assert.equal(new Date(String(timestamp)).toISOString(), timestamp)
    assert.equal(models_loaded, models.models().length)
    assert.ok(models.models().length >= 2)
    assert.equal(typeof version, 'string')
    const { response_time_ms, ...parts } = checks as Record<string, unknown>
    assert.ok(typeof response_time_ms === 'number' && response_time_ms >= 0)
    assert.deepEqual(parts, {
      model: 'healthy',
      s3: 'not configured',
      redis: 'not configured',
      learner: 'healthy',
      experiments: 'healthy'
    })
  }
})

test('what learns counts on in health', async () => {
  const { app: other } = await documentApp({ after }, { models })
  await post(other, '/train', { features: { in_1: 1 }, target: 1 })
  assert.equal((await get(other, '/health')).body['sequence'], 2)
})

/** A model whose files were replaced by others that cannot be loaded. */
function onOldFiles(model: ModelStatus): ModelStatus {
  const reason = 'served as it was before its files changed: the file is damaged'
  return { ...model, versions: model.versions.map(version => ({ ...version, reason })) }
}

test('what is away that predictions do not need makes health degraded, with 200', async () => {
  const away = new Map([['s3://bucket/models/', 'no credentials']])
  const gone = new Map([['/models', 'it is not there']])
  const cases: [Parameters<typeof serving>[0], Record<string, unknown>, string][] = [
    [{ redis: true }, { redis: 'healthy' }, 'ok'],
    [{ redis: false }, { redis: 'degraded' }, 'degraded'],
    [{ problem: 'the disk is full' }, { learner: 'degraded' }, 'degraded'],
    [{ experiments: 'the disk is full' }, { experiments: 'degraded', learner: 'healthy' }, 'degraded'],
    [{ s3Bucket: 'bucket' }, { s3: 'healthy', model: 'healthy' }, 'ok'],
    [{ s3Bucket: 'bucket', models: { problems: () => away } }, { s3: 'degraded', model: 'healthy' }, 'degraded'],
    [{ models: { problems: () => gone } }, { model: 'degraded' }, 'degraded'],
    [
      { models: { models: () => models.models().map(each => ({ ...each, aliases: new Map() })) } },
      { model: 'degraded' },
      'degraded'
    ],
    [{ models: { models: () => models.models().map(onOldFiles) } }, { model: 'degraded' }, 'degraded']
  ]
  for (const [replaced, checks, expected] of cases) {
    const { status, body } = await get(await serving(replaced), '/health')
    assert.equal(status, 200)
    assert.equal(body['status'], expected, JSON.stringify(checks))
    for (const [part, state] of Object.entries(checks)) {
      assert.equal((body['checks'] as Record<string, unknown>)[part], state)
    }
    assert.equal(body['redis_connected'], replaced.redis ?? false)
    assert.equal(body['problem'], replaced.problem)
    // Nothing of folders, hosts or credentials is told.
    assert.doesNotMatch(JSON.stringify(body), /credentials|not there|bucket/)
  }
})

test('without the model of data its name is that of the learner, whose model is always loaded', async () => {
  const { body } = await get(await serving({ models: { models: () => [] } }), '/health')
  assert.deepEqual([body['model_name'], body['model_loaded'], body['models_loaded']], ['linear_regression', true, 0])
  const { body: unloaded } = await get(await serving({ models: { isReady: () => false } }), '/health')
  assert.equal(unloaded['model_loaded'], false)
})
