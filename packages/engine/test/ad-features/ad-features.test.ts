import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import {
  type BidRequest,
  bidFeatureNames,
  bidFeatures,
  competitionLevels,
  ctrFeatureNames,
  ctrFeatures,
  type CtrRequest,
  fraudFeatureNames,
  fraudFeatures,
  type FraudRequest
} from '../../src/index.ts'
import { type Case, readCases } from './cases.ts'

const cases = readCases()

/** Every feature of a case that is not 0 there must be there, and nothing else. */
function assertFeatures({ request, features }: Case<unknown>, names: readonly string[], row: Float32Array): void {
  const found = names.map((name, index) => [name, row[index]] as const).filter(([, value]) => value !== 0)
  assert.deepEqual(Object.fromEntries(found), features, JSON.stringify(request).slice(0, 200))
}

// Expected numbers come from training/check_features.py, which was written from the description of the features.
describe('features are those of an implementation in Python, bit by bit,', () => {
  test('of visitors', () => {
    for (const one of cases.fraud) assertFeatures(one, fraudFeatureNames, fraudFeatures(one.request))
  })

  test('of impressions', () => {
    for (const one of cases.ctr) assertFeatures(one, ctrFeatureNames, ctrFeatures(one.request))
  })

  test('of auctions', () => {
    for (const one of cases.bid) assertFeatures(one, bidFeatureNames, bidFeatures(one.request))
  })
})

test('the fixture holds every kind of request', () => {
  assert.deepEqual([cases.fraud.length, cases.ctr.length, cases.bid.length], [40, 12, 13])
})

const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string(), fc.constantFrom('__proto__', 'constructor', ''))
const optional = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null | undefined> =>
  fc.option(fc.option(values, { nil: undefined }), { nil: null })
const amount = fc.oneof(fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }), fc.constant(0))
const share = fc.double({ min: 0, max: 1, noNaN: true })

function assertFinite(row: Float32Array, names: readonly string[]): void {
  assert.equal(row.length, names.length)
  for (const [index, value] of row.entries()) assert.ok(Number.isFinite(value), `${names[index]} is ${value}`)
}

describe('any valid request has finite features,', () => {
  test('whatever texts and numbers a visitor sends', () => {
    const visitors: fc.Arbitrary<FraudRequest> = fc.record({
      user_id: text,
      ip_address: fc.oneof(text, fc.ipV4(), fc.ipV6()),
      user_agent: text,
      impressions_24h: fc.maxSafeNat(),
      clicks_24h: fc.maxSafeNat(),
      app_id: optional(text),
      device_info: optional(fc.dictionary(text, fc.anything()))
    })
    fc.assert(fc.property(visitors, one => assertFinite(fraudFeatures(one), fraudFeatureNames)))
  })

  test('whatever is said of an impression', () => {
    const impressions: fc.Arbitrary<CtrRequest> = fc.record({
      placement_id: text,
      ad_format: text,
      user_segments: optional(fc.array(text)),
      time_of_day: fc.integer({ min: 0, max: 23 }),
      day_of_week: fc.integer({ min: 0, max: 6 }),
      historical_ctr: optional(share)
    })
    fc.assert(fc.property(impressions, one => assertFinite(ctrFeatures(one), ctrFeatureNames)))
  })

  test('whatever amounts an auction names', () => {
    const auctions: fc.Arbitrary<BidRequest> = fc.record({
      placement_id: text,
      floor_cpm: amount,
      predicted_ctr: share,
      competition_level: fc.constantFrom(...competitionLevels),
      budget_remaining: amount
    })
    fc.assert(fc.property(auctions, one => assertFinite(bidFeatures(one), bidFeatureNames)))
  })
})

test('who the visitor is, and in which public network, changes nothing', () => {
  const request = { user_agent: 'curl/8', impressions_24h: 3, clicks_24h: 1 }
  const one = fraudFeatures({ ...request, user_id: 'a', ip_address: '81.2.69.142' })
  assert.deepEqual(one, fraudFeatures({ ...request, user_id: 'b', ip_address: '93.184.216.34' }))
})

test('the order of segments changes nothing, nor does naming one twice', () => {
  const request = { placement_id: 'p', ad_format: 'video', time_of_day: 1, day_of_week: 1 }
  const once = ctrFeatures({ ...request, user_segments: ['sports', 'tech'] })
  assert.deepEqual(once, ctrFeatures({ ...request, user_segments: ['tech', 'sports', 'tech'] }))
})
