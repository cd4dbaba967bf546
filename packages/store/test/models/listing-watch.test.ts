import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ListingWatch, type Look } from '../../src/models/listing-watch.ts'
import { until } from '../until.ts'

/** A watch over looks that give one fingerprint after the other, the last one for ever. */
function watchOver(fingerprints: readonly (string | undefined)[], nextMs = 0) {
  const counts = { looks: 0, heard: 0 }
  const look = async (): Promise<Look> => {
    const fingerprint = fingerprints[Math.min(counts.looks, fingerprints.length - 1)]
    counts.looks += 1
    return { fingerprint, nextMs }
  }
  const watch = new ListingWatch({ look, debounceMs: 0 })
  return { counts, watch, hear: () => (counts.heard += 1) }
}

test('only what differs from what was seen is told', async () => {
  const { counts, watch, hear } = watchOver(['a', 'a', 'b', 'b', undefined, 'b', 'c'])
  watch.seen('a')
  watch.add(hear)
  await until(() => counts.looks > 10)
  watch.close()
  assert.equal(counts.heard, 2)
})

test('of a source that could not be read before, the first look that succeeds is told', async () => {
  const { counts, watch, hear } = watchOver([undefined, 'a', 'a', 'b'])
  watch.add(hear)
  await until(() => counts.looks > 10)
  watch.close()
  assert.equal(counts.heard, 2)
})

test('a hint brings the next look forward, also while one is under way', async () => {
  const gate = Promise.withResolvers<void>()
  let looks = 0
  const look = async (): Promise<Look> => {
    looks += 1
    if (looks === 1) await gate.promise
    return { fingerprint: String(looks), nextMs: 3_600_000 }
  }
  const watch = new ListingWatch({ look, debounceMs: 0 })
  watch.add(() => undefined)
  await until(() => looks === 1)
  watch.hint()
  gate.resolve()
  await until(() => looks === 2)
  watch.hint()
  await until(() => looks === 3)
  watch.close()
})

test('nobody is told, and nothing is looked at, once the last listener has left', async () => {
  const { counts, watch, hear } = watchOver(['a', 'b', 'c', 'd'])
  const end = watch.add(hear)
  const endOther = watch.add(() => undefined)
  await until(() => counts.heard === 1)
  end()
  assert.ok(watch.isOn)
  const { heard } = counts
  await until(() => counts.looks > 5)
  endOther()
  assert.equal(watch.isOn, false)
  watch.hint()
  assert.equal(counts.heard, heard)
})
