import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ErrorCode, MillraceError } from '@millrace/common'
import { buildModel } from '../src/index.ts'
import { freshLearner } from './fresh-learner.ts'
import { common, post } from './services.ts'

const writer = { host: '127.0.0.1', port: 8010, pid: 17 }

/** What a model answers that throws this when it is taught. */
async function refusal(code: ErrorCode, findWriter: () => Promise<Record<string, unknown> | undefined>) {
  const learn = () => Promise.reject(new MillraceError(code, 'this process only reads', { details: { learner: 'a' } }))
  const learner = { ...(await freshLearner('linear_regression')), learn, learnMany: learn, label: learn }
  const app = buildModel({ ...common, learner, findWriter })
  const replies = await Promise.all([
    post(app, '/train', { features: {}, target: 1 }),
    post(app, '/predict_learn', { features: {}, target: 1 }),
    post(app, '/predict_learn/batch', { observations: [] }),
    post(app, '/feedback', { prediction_id: 'a', actual: 1 })
  ])
  for (const reply of replies) assert.deepEqual(reply, replies[0])
  const { status, body } = replies[0]
  return { status, details: (body as { details: unknown }).details }
}

test('a process that only reads says where the writer is', async () => {
  assert.deepEqual(await refusal('MILL_NOT_WRITER', async () => writer), {
    status: 409,
    details: { learner: 'a', writer }
  })
})

test('a process that another one took over from says where that one is', async () => {
  assert.deepEqual(await refusal('MILL_WRITER_FENCED', async () => writer), { status: 503, details: { writer } })
})

test('where the writer is not known, the rest is said', async () => {
  const known = { status: 409, details: { learner: 'a' } }
  assert.deepEqual(await refusal('MILL_NOT_WRITER', async () => undefined), known)
  assert.deepEqual(await refusal('MILL_NOT_WRITER', () => Promise.reject(new Error('registry is down'))), known)
})

test('nobody asks for the writer when something else is wrong', async () => {
  const reply = await refusal('MILL_STORE_FAILED', () => assert.fail('asked'))
  assert.deepEqual(reply, { status: 503, details: {} })
})
