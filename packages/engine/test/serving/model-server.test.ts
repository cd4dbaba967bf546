import assert from 'node:assert/strict'
import { test } from 'node:test'
import { answerOf, setup } from './setup.ts'

test('versions of a source are loaded and answer by their name, and the newest without one', async t => {
  const { source, open } = setup(t)
  source.put('m', '1.9', { answer: 9 })
  source.put('m', '1.10', { answer: 10 })
  const server = await open()
  assert.equal(await answerOf(server, 'm'), 10)
  assert.equal(await answerOf(server, 'm', '1.9'), 9)
  const { route, isCached } = await server.infer({ model: 'm', inputs: [] })
  assert.deepEqual(route, { model: 'm', version: '1.10', reason: 'default', alias: 'default' })
  assert.equal(isCached, false)
})
