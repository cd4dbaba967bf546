import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { fromTextKey, toTextKey } from '../src/text-key.ts'

test('every text comes back from its key, lone surrogates included', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: 0xffff })), units => {
      const text = String.fromCharCode(...units)
      assert.equal(fromTextKey(toTextKey(text)), text)
    })
  )
})

test('only a text with a lone surrogate becomes a blob', () => {
  for (const text of ['', 'a', '\0', '\uFFFD', '\u{1F600}']) assert.equal(toTextKey(text), text)
  assert.deepEqual(new Uint8Array(toTextKey('a\uD800') as Uint8Array), new Uint8Array([0x61, 0, 0, 0xd8]))
})
