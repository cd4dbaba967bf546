import assert from 'node:assert/strict'
import { test } from 'node:test'
import { residual } from '../src/metric.ts'

test('the residual is the actual less the prediction', () => {
  assert.equal(residual(3, 5), -2)
})

test('the error says which number is not finite', () => {
  assert.throws(() => residual(NaN, 1), { details: { name: 'actual' } })
  assert.throws(() => residual(1, Infinity), { details: { name: 'prediction' } })
  assert.throws(() => residual(-1e308, 1e308), { details: { name: 'error' } })
})
