import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NamedTensor } from '@millrace/runtime'
import * as fc from 'fast-check'
import { AnswerMemory } from '../../src/serving/cache/answer-memory.ts'

const maxBytes = 20

function answer(value: number): NamedTensor[] {
  return [{ name: 'y', datatype: 'INT32', shape: [1], data: Int32Array.of(value) }]
}

const action = fc.record({
  what: fc.constantFrom('get', 'get', 'set', 'set', 'wait'),
  key: fc.integer({ min: 0, max: 4 }).map(String),
  value: fc.nat(100),
  bytes: fc.integer({ min: 1, max: maxBytes / 2 }),
  ms: fc.integer({ min: 1, max: 9 })
})

test('whatever happens, it knows what was used last and fits, and nothing that has expired', () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 30, maxLength: 100 }), actions => {
      const memory = new AnswerMemory(maxBytes)
      // The same as a list, oldest first.
      let list: { key: string; value: number; bytes: number; expiresAt: number }[] = []
      let evictions = 0
      let now = 0
      for (const { what, key, value, bytes, ms } of actions) {
        const known = list.find(each => each.key === key)
        if (what === 'wait') now += ms
        if (what === 'get') {
          const isGood = known !== undefined && now < known.expiresAt
          assert.deepEqual(memory.get(key, now), isGood ? answer(known.value) : undefined)
          list = list.filter(each => each.key !== key)
          if (isGood) list.push(known)
        }
        if (what === 'set') {
          memory.set(key, { outputs: answer(value), bytes, expiresAt: now + ms })
          list = list.filter(each => each.key !== key)
          while (list.reduce((sum, each) => sum + each.bytes, bytes) > maxBytes) {
            list.shift()
            evictions++
          }
          list.push({ key, value, bytes, expiresAt: now + ms })
        }
        const sum = list.reduce((bytesBefore, each) => bytesBefore + each.bytes, 0)
        assert.deepEqual([memory.bytes, memory.size, memory.evictions], [sum, list.length, evictions])
      }
      memory.clear()
      assert.deepEqual([memory.bytes, memory.size], [0, 0])
      for (const { key } of list) assert.equal(memory.get(key, now), undefined)
      memory.set('a', { outputs: answer(1), bytes: maxBytes, expiresAt: Infinity })
      assert.deepEqual(memory.get('a', now), answer(1))
    })
  )
})
