import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NamedTensor } from '@millrace/runtime'
import * as fc from 'fast-check'
import { AnswerMemory } from '../../src/serving/cache/answer-memory.ts'
import { answerOfEveryType } from './answer-of-every-type.ts'

const never = { expiresAt: Infinity, now: 0 }

/** Keys are told from one another by their last character. */
function keyOf(number: number): string {
  return 'k'.repeat(31) + String.fromCharCode(number)
}

/** Keys as a hash would make them: no two begin alike. */
function spreadKey(number: number): string {
  const mixed = Math.imul(number + 1, 0x9e3779b1)
  return String.fromCharCode(mixed >>> 24, (mixed >>> 16) & 255, (mixed >>> 8) & 255, mixed & 255).padEnd(32, 'k')
}

function answer(value: number, length = 1): NamedTensor[] {
  return [{ name: 'y', datatype: 'INT32', shape: [length], data: new Int32Array(length).fill(value) }]
}

test('an answer comes back as it was, to the bit', () => {
  const memory = new AnswerMemory(100_000)
  memory.set(keyOf(1), answerOfEveryType, never)
  const kept = memory.get(keyOf(1), 0)!
  assert.deepEqual(kept, answerOfEveryType)
  assert.deepEqual([...new Uint32Array((kept[10]!.data as Float32Array).buffer)], [0x7f800001, 2 ** 31])
})

test('two keys that differ in any one byte are two keys', () => {
  const memory = new AnswerMemory(100_000)
  const keys = Array.from({ length: 32 }, (_, index) => 'a'.repeat(index) + 'b' + 'a'.repeat(31 - index))
  for (const [index, key] of keys.entries()) {
    assert.equal(memory.get(key, 0), undefined)
    memory.set(key, answer(index), never)
  }
  for (const [index, key] of keys.entries()) assert.deepEqual(memory.get(key, 0), answer(index))
})

const action = fc.record({
  what: fc.constantFrom('get', 'get', 'get', 'set', 'set', 'set', 'wait'),
  key: fc.integer({ min: 0, max: 40 }).map(keyOf),
  value: fc.nat(100),
  // The largest does not fit into an eighth of the memory.
  length: fc.constantFrom(0, 5, 20, 50, 70, 90, 120),
  ms: fc.integer({ min: 1, max: 60 })
})

test('whatever happens, it tells nothing but what it was told last, nothing that has expired, and fits', () => {
  const maxBytes = 4000
  let found = 0
  let evictions = 0
  fc.assert(
    fc.property(fc.array(action, { minLength: 100, maxLength: 300 }), actions => {
      const memory = new AnswerMemory(maxBytes)
      const told = new Map<string, { outputs: NamedTensor[]; expiresAt: number }>()
      let now = 0
      for (const { what, key, value, length, ms } of actions) {
        if (what === 'wait') now += ms
        if (what === 'set') {
          const [outputs, expiresAt] = [answer(value, length), now + 5 * ms]
          const isKept = memory.set(key, outputs, { expiresAt, now })
          assert.equal(isKept, length < 120)
          if (isKept) told.set(key, { outputs, expiresAt })
          // Being looked up is being used, which not all of them are to be.
          if (isKept && value % 2 === 0) assert.deepEqual(memory.get(key, now), outputs)
        }
        if (what === 'get') {
          const kept = memory.get(key, now)
          if (kept === undefined) told.delete(key)
          else {
            found++
            assert.deepEqual(kept, told.get(key)?.outputs)
            assert.ok(now < told.get(key)!.expiresAt)
          }
        }
        assert.ok(memory.bytes <= maxBytes && memory.size <= told.size)
      }
      evictions += memory.evictions
      memory.clear()
      assert.deepEqual([memory.bytes, memory.size], [0, 0])
      for (const key of told.keys()) assert.equal(memory.get(key, now), undefined)
    }),
    { numRuns: 300 }
  )
  assert.ok(found > 1000 && evictions > 1000, `${found} were found, ${evictions} evicted`)
})

test('what is used again and again stays, and what is not goes in the order in which it came', () => {
  const memory = new AnswerMemory(64_000)
  const used = Array.from({ length: 20 }, (_, number) => number)
  for (const number of used) memory.set(spreadKey(number), answer(number), never)
  for (let number = 20; number < 5000; number++) {
    memory.set(spreadKey(number), answer(number), never)
    const again = number % used.length
    assert.deepEqual(memory.get(spreadKey(again), 0), answer(again))
  }
  const kept = Array.from({ length: 4980 }, (_, index) => index + 20).filter(
    number => memory.get(spreadKey(number), 0) !== undefined
  )
  assert.equal(kept.length, memory.size - used.length)
  assert.deepEqual([kept.at(-1)! - kept[0]! + 1, kept.at(-1)], [kept.length, 4999])
  assert.equal(memory.evictions, 5000 - memory.size)
  for (let number = 5000; number < 7000; number++) memory.set(spreadKey(number), answer(number), never)
  for (const number of used) assert.equal(memory.get(spreadKey(number), 0), undefined)
})

test('of answers as small as they come it keeps one for each 128 bytes', () => {
  const memory = new AnswerMemory(96_000)
  for (let number = 0; number < 5000; number++) memory.set(spreadKey(number), answer(number), never)
  assert.equal(memory.size, 96_000 / 128)
})

test('large answers fill at least half of the memory', () => {
  const memory = new AnswerMemory(64_000)
  // 4 kB and something: one fits into each eighth.
  for (let number = 0; number < 100; number++) assert.ok(memory.set(spreadKey(number), answer(number, 1000), never))
  assert.equal(memory.size, 8)
  for (let number = 92; number < 100; number++) {
    assert.deepEqual(memory.get(spreadKey(number), 0), answer(number, 1000))
  }
})

test('when all of them are used there is room for another one nevertheless', () => {
  const memory = new AnswerMemory(64_000)
  for (let number = 0; number < 2000; number++) {
    memory.set(spreadKey(number), answer(number), never)
    for (let other = 0; other <= number; other += 7) memory.get(spreadKey(other), 0)
    assert.deepEqual(memory.get(spreadKey(number), 0), answer(number))
  }
  assert.equal(memory.evictions, 2000 - memory.size)
})

test('what has expired is not forgotten for want of room', () => {
  const memory = new AnswerMemory(64_000)
  for (let number = 0; number < 2000; number++) {
    memory.set(spreadKey(number), answer(number), { expiresAt: number + 1, now: number })
  }
  assert.equal(memory.evictions, 0)
})

test('so little memory that hardly anything fits is no harm', () => {
  for (let maxBytes = 1; maxBytes < 2000; maxBytes++) {
    const memory = new AnswerMemory(maxBytes)
    for (const number of [1, 2, 3, 2]) {
      const isKept = memory.set(keyOf(number), answer(number), never)
      assert.deepEqual(memory.get(keyOf(number), 0), isKept ? answer(number) : undefined)
      assert.ok(memory.bytes <= maxBytes)
    }
  }
})
