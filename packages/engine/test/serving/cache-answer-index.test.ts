import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { AnswerIndex } from '../../src/serving/cache/answer-index.ts'

const places = 8

/** Few tags, of which some begin at the same place, and some at the last, so that searches go round the end. */
const tag = fc.constantFrom(0, 1, 7, 8, 15, 2 ** 32 - 1)

const action = fc.record({ what: fc.constantFrom('add', 'add', 'remove'), tag, pick: fc.nat(20) })

function valuesOf(index: AnswerIndex, wanted: number): number[] {
  const values: number[] = []
  for (let place = index.first(wanted); place !== -1; place = index.next(wanted, place)) values.push(index.value(place))
  return values.toSorted((a, b) => a - b)
}

test('whatever is added and removed, all that is there is found under its tag, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), actions => {
      const index = new AnswerIndex(places)
      let list: { tag: number; value: number }[] = []
      for (const [value, step] of actions.entries()) {
        assert.equal(index.isFull, list.length === 6)
        if (step.what === 'add' && !index.isFull) {
          index.add(step.tag, value)
          list.push({ tag: step.tag, value })
        }
        const one = list[step.pick]
        if (step.what === 'remove' && one !== undefined) {
          let place = index.first(one.tag)
          while (index.value(place) !== one.value) place = index.next(one.tag, place)
          index.remove(place)
          list = list.filter(each => each !== one)
        }
        assert.equal(index.size, list.length)
        for (const each of [0, 1, 7, 8, 15, 2 ** 32 - 1]) {
          const values = list.filter(known => known.tag === each).map(known => known.value)
          assert.deepEqual(valuesOf(index, each), values)
        }
      }
    })
  )
})

test('a value is replaced where it is', () => {
  const index = new AnswerIndex(places)
  index.add(3, 0)
  index.add(3, 1)
  index.replace(index.first(3), 2 ** 32 - 2)
  assert.deepEqual(valuesOf(index, 3), [1, 2 ** 32 - 2])
})
