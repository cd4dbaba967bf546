import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CandidateReadiness } from '../../../src/experiments/canary/candidate-readiness.ts'
import type { CanaryPlan } from '../../../src/experiments/experiment.ts'
import type { ModelServer } from '../../../src/serving/model-server.ts'

const plan = { model: 'm', candidate: '2' } as CanaryPlan
const models = (isReady: boolean) => ({ isReady: () => isReady, models: () => [] }) as unknown as ModelServer

test('a candidate that was ready is given up as soon as it is not, one that never was after half a minute', () => {
  const readiness = new CandidateReadiness()
  assert.equal(readiness.problem('c', plan, models(true), 0), undefined)
  assert.equal(readiness.problem('c', plan, models(false), 1), 'version 2 is not ready: it is not there')
  assert.equal(readiness.problem('new', plan, models(false), 0), undefined)
  assert.equal(readiness.problem('new', plan, models(false), 29_999), undefined)
  assert.equal(readiness.problem('new', plan, models(false), 30_000), 'version 2 is not ready: it is not there')
})

test('what was known of a canary that is over says nothing about another one of its id', () => {
  const readiness = new CandidateReadiness()
  readiness.problem('c', plan, models(true), 0)
  readiness.keepOnly(new Set(['other']))
  assert.equal(readiness.problem('c', plan, models(false), 1), undefined)
})
