import assert from 'node:assert/strict'
import { test } from 'node:test'
import { armsOf, experimentModels, growthBookArm, routeIn, row, send, startExperiment } from './experiment-server.ts'
import { startUp, temporaryFolder } from './program.ts'

test('a learner that goes on learning is an arm beside an ONNX version', async t => {
  const env = { MILLRACE_DATA_DIR: temporaryFolder(t), MODEL_DIR: experimentModels(t), AB_TEST_ENABLED: 'false' }
  const { addresses } = await startUp(t, env)
  const { inference: url } = addresses
  const arms = [
    { name: 'trained', version: 'v1.0' },
    { name: 'learning', model: 'linear_regression', version: 'live' }
  ]
  await startExperiment(url, { id: 'beside', model: 'tabular_classifier', arms })
  const units = Array.from({ length: 20 }, (_, index) => `unit ${index}`)
  const expected: Record<string, string[]> = {
    trained: ['tabular_classifier', 'v1.0'],
    learning: ['linear_regression', 'live']
  }
  for (const unit of units) {
    const arm = growthBookArm('beside', unit, ['trained', 'learning'])!
    const { status, body } = await send(`${url}/predict`, { features: row, unit_id: unit })
    assert.equal(status, 200, JSON.stringify(body))
    const { routing } = body as { routing: { model: string; version: string; arm: string } }
    assert.deepEqual([routing.model, routing.version, routing.arm], [...expected[arm]!, arm])
    const predict = await send(`${url}/v1/models/tabular_classifier:predict`, { instances: [row], unit_id: unit })
    assert.deepEqual([predict.status, routeIn(predict.headers.get('x-route')).arm], [200, arm])
  }
  const counts = await armsOf(url, 'beside')
  for (const arm of ['trained', 'learning'] as const) {
    const own = units.filter(unit => growthBookArm('beside', unit, ['trained', 'learning']) === arm).length
    assert.deepEqual(counts[arm], { units: own, requests: 2 * own })
  }
})
