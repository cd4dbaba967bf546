import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ownRequests } from '../../src/workers/own-requests.ts'

/** A worker that answers for `mine` and for its version 1. */
const isOwn = ownRequests((model, version) => model === 'mine' && (version === undefined || version === '1'))

const own = [
  'GET /livez',
  'HEAD /v2/health/ready',
  'POST /predict',
  'POST /api/predict?x=1',
  'POST /predict/batch',
  'POST /predict/fraud',
  'POST /invocations?model=other',
  'POST /v2/models/mine/infer',
  'POST /v2/models/m%69ne/versions/1/infer',
  'POST /api/v2/models/mine/infer',
  'POST /v1/models/mine:predict',
  'POST /v1/models/mine/labels/1:predict'
]

const others = [
  'GET /',
  'GET /predict',
  'GET /metrics',
  'OPTIONS /predict',
  'DELETE /livez',
  'POST /predict_learn',
  'POST /models/v2.0/activate',
  'POST /v2/models/other/infer',
  'POST /v2/models/mine/versions/2/infer',
  'POST /v2/models/%/infer',
  'POST /v2/repository/models/mine/load',
  'POST /v1/models/mine:explain',
  'POST /v1/models/mine/versions/2:predict'
]

for (const [list, isIt] of [
  [own, true],
  [others, false]
] as const) {
  for (const each of list) {
    test(`${each} is ${isIt ? 'tried by a worker' : 'passed on unread'}`, () => {
      const [method, url] = each.split(' ')
      // Twice: the second time it is remembered.
      for (const _ of [1, 2]) assert.equal(isOwn({ method: method!, url: url! }), isIt)
    })
  }
}
