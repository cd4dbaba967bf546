import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { VersionPolicy } from '@millrace/store'
import { versionKey } from '../../src/serving/version-order.ts'
import { newestFirst } from './ordered-versions.ts'
import { policyText, selectVersions } from '../../src/serving/version-policy.ts'

const versions = newestFirst(['v1.0', '1.9.0', '1.10.0', '2.0.0-rc.1', 'nightly']).map(versionKey)

function selected(policy: VersionPolicy): string[] {
  return selectVersions(versions, policy).map(({ text }) => text)
}

test('all versions are served, newest first', () => {
  assert.deepEqual(selected({ kind: 'all' }), ['2.0.0-rc.1', '1.10.0', '1.9.0', 'v1.0', 'nightly'])
})

test('the latest are those that are newest', () => {
  assert.deepEqual(selected({ kind: 'latest', count: 2 }), ['2.0.0-rc.1', '1.10.0'])
})

test('specific versions are served where they exist', () => {
  const policy = { kind: 'specific', versions: ['nightly', '1.9.0', '7'] } as const
  assert.deepEqual(selected(policy), ['1.9.0', 'nightly'])
})

test('a range takes versions as npm does', () => {
  assert.deepEqual(selected({ kind: 'range', range: '^1' }), ['1.10.0', '1.9.0', 'v1.0'])
  assert.deepEqual(selected({ kind: 'range', range: '>=2.0.0-rc.0' }), ['2.0.0-rc.1'])
})

test('a range that is none is refused', () => {
  assert.throws(() => selectVersions(versions, { kind: 'range', range: 'newest' }), { code: 'MILL_OPTION_INVALID' })
})

test('policies have words', () => {
  assert.equal(policyText({ kind: 'latest', count: 2 }), 'latest 2')
  assert.equal(policyText({ kind: 'range', range: '^1' }), 'range ^1')
})
