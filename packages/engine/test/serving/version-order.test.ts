import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compareVersions, newestFirst } from './ordered-versions.ts'

test('numbers count by their value, with and without a v', () => {
  assert.deepEqual(newestFirst(['1.9', '1.10', '1.2.3', '2']), ['2', '1.10', '1.9', '1.2.3'])
  assert.deepEqual(newestFirst(['v1.0', 'v3.0', 'v2.0', 'v10.0']), ['v10.0', 'v3.0', 'v2.0', 'v1.0'])
  assert.deepEqual(newestFirst(['9', '10', '100']), ['100', '10', '9'])
})

test('a pre-release is older than its release, and pre-releases go by the rules of SemVer', () => {
  // The example of https://semver.org/#spec-item-11, newest first.
  const ordered = [
    '1.0.0',
    '1.0.0-rc.1',
    '1.0.0-beta.11',
    '1.0.0-beta.2',
    '1.0.0-beta',
    '1.0.0-alpha.beta',
    '1.0.0-alpha.1',
    '1.0.0-alpha'
  ]
  assert.deepEqual(newestFirst(ordered.toReversed()), ordered)
})

test('dates with leading zeros are in the order of time', () => {
  assert.deepEqual(newestFirst(['2026.02.11', '2026.10.01', '2026.02.09']), ['2026.10.01', '2026.02.11', '2026.02.09'])
})

test('texts that are no numbers come after those that are, in natural order', () => {
  assert.deepEqual(newestFirst(['run-9', 'run-10', '0.1', 'best']), ['0.1', 'run-10', 'run-9', 'best'])
})

test('numbers beyond 2^53 are still in order', () => {
  const [larger, smaller] = ['90071992547409931', '90071992547409930']
  assert.deepEqual(newestFirst([smaller, larger]), [larger, smaller])
})

test('versions that mean the same have an order all the same', () => {
  assert.deepEqual(newestFirst(['v1.0', '1.0', '1.0.0']), ['1.0', '1.0.0', 'v1.0'])
})

const digits = fc.oneof(fc.nat(12).map(String), fc.constantFrom('0', '00', '01', '007', '9'.repeat(20)))
const numbered = fc
  .tuple(fc.constantFrom('', 'v'), fc.array(digits, { minLength: 1, maxLength: 4 }), fc.constantFrom('', '-rc.1', '+b'))
  .map(([prefix, parts, suffix]) => prefix + parts.join('.') + suffix)
const version = fc.oneof(numbered, fc.string({ maxLength: 6 }), fc.stringMatching(/^[a0-9.-]{0,5}$/))

test('any three versions are in one total order', () => {
  fc.assert(
    fc.property(version, version, version, (a, b, c) => {
      assert.equal(Math.sign(compareVersions(a, b)), -Math.sign(compareVersions(b, a)) || 0)
      assert.equal(compareVersions(a, b) === 0, a === b)
      if (compareVersions(a, b) <= 0 && compareVersions(b, c) <= 0) assert.ok(compareVersions(a, c) <= 0)
    }),
    { numRuns: 2000 }
  )
})
