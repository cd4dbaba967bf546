import assert from 'node:assert/strict'
import { test } from 'node:test'
import { probeRoutes } from '../../src/protocols/probe-routes.ts'
import { appOf, call } from './protocol-app.ts'

test('probes answer one line, and tell readiness from liveness', async () => {
  const state = { isReady: true }
  const app = appOf(probeRoutes, { isReady: () => state.isReady })
  const statuses = () =>
    Promise.all(['/livez', '/readyz', '/healthz'].map(async url => (await call(app, ['GET', url])).status))
  assert.deepEqual(await statuses(), [200, 200, 200])
  state.isReady = false
  assert.deepEqual(await statuses(), [200, 503, 503])
  assert.equal((await call(app, ['GET', '/livez'])).bytes.toString(), 'ok\n')
})
