import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { bucketOf, fnv1a } from '../../src/experiments/growthbook-hash.ts'
import { growthBookParts, valueOf } from './growthbook.ts'

const { hash } = await growthBookParts()

/** The vectors that GrowthBook publishes for SDKs, in its file `cases.json`, for version 2: seed, value and number. */
const published = [
  ['seed', 'a', 0.0505],
  ['seed', 'b', 0.2696],
  ['foo', 'ab', 0.2575],
  ['foo', 'def', 0.2019],
  ['89123klj', '8952klfjas09ujkasdf', 0.124],
  ['90850943850283058242805', '123', 0.7516],
  ['()**(%$##$%#$#', '___)((*":&', 0.0128],
  ['feature', '123', 0.5231]
] as const

test('units fall into the buckets that GrowthBook publishes', () => {
  for (const [seed, unit, value] of published) assert.equal(valueOf(bucketOf(fnv1a(seed), unit)), value, unit)
})

/** From the tables of the authors of the hash, of 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/#FNV-source */
const fnvTable = [
  ['', 0x811c9dc5],
  ['a', 0xe40c292c],
  ['foobar', 0xbf9cf968],
  ['chongo was here!\n', 0xd49930d5]
] as const

test('the hash is FNV-1a of 32 bits', () => {
  for (const [text, value] of fnvTable) assert.equal(fnv1a(text) >>> 0, value, text)
})

/** Ids as users, sessions and requests have them, and such as nobody should. */
function idOf(index: number): string {
  switch (index % 4) {
    case 0:
      return String(index)
    case 1:
      return `${index.toString(16).padStart(8, '0')}-7cc3-4b1f-9d2e-${(index * 7919).toString(36).padStart(12, '0')}`
    case 2:
      return `naïve-ユーザー-${index}-😀`
    default:
      return String.fromCharCode(index % 65_536, (index * 31) % 65_536, (index * 977) % 65_536)
  }
}

test('a million units fall into the buckets of GrowthBook for JavaScript, whatever their ids hold', () => {
  for (const seed of ['', 'checkout-2024', 'größe\uD83D']) {
    const state = fnv1a(seed)
    for (let index = 0; index < 333_334; index++) {
      const id = idOf(index)
      const bucket = bucketOf(state, id)
      if (valueOf(bucket) !== hash(seed, id, 2)) assert.fail(`${seed} ${JSON.stringify(id)} falls into ${bucket}`)
    }
  }
})

test('numbers of few digits, and of every form of text, are hashed as GrowthBook does', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (seed, unit) => {
      assert.equal(valueOf(bucketOf(fnv1a(seed), unit)), hash(seed, unit, 2))
    }),
    { numRuns: 2000, seed: 1 }
  )
})
