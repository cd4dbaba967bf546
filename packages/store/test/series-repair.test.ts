import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { NumberedPush, SeriesState, Writers } from '../src/redis/redis-series.ts'
import { planRepair, type SeriesKnowledge } from '../src/redis/series-repair.ts'

/** Writers by name: number of the last push, and the count after it. */
function writers(of: Record<string, [number: number, count: number]>): Writers {
  return new Map(Object.entries(of).map(([writer, [number, count]]) => [writer, { number, count }]))
}

function state(values: number[], count: number | undefined, of: Parameters<typeof writers>[0] = {}): SeriesState {
  return { values, text: values.join(' '), count, writers: writers(of) }
}

const push = (number: number, value: number): NumberedPush => ({ seriesId: 's', value, keep: 4, number })

/** What the process `me` knows; `before` was its name the last time. */
function knowledge(changes: Partial<SeriesKnowledge>): SeriesKnowledge {
  const kin = new Set(['me', 'before'])
  return { view: [], count: 0, writers: new Map(), own: [], writer: 'me', kin, ...changes }
}

test('of an empty Redis the view is restored, with those whose pushes are in it', () => {
  const known = { view: [3, 2, 1], count: 7, writers: writers({ me: [5, 7], other: [9, 6] }) }
  assert.deepEqual(planRepair(state([], undefined), knowledge(known)), {
    restored: { count: 7, writers: known.writers, values: [3, 2, 1] },
    again: []
  })
})

test('a series that nobody knows begins anew', () => {
  const { restored, again } = planRepair(state([], 5), knowledge({ count: 5 }))
  assert.deepEqual({ count: restored.count, values: restored.values, again }, { count: 0, values: [], again: [] })
})

test('of an older Redis the view is restored when all that is missing comes from this process and those before it', () => {
  const me: [number, number] = [5, 7]
  const known = { view: [7, 6, 5, 4], count: 7, own: [push(5, 7)] }
  // The pushes 6 and 7 are missing: 6 was made by the process before.
  for (const others of [{}, { before: [99, 6] as [number, number] }, { other: [3, 5] as [number, number] }]) {
    const plan = planRepair(
      state([5, 4, 3, 2], 5, others),
      knowledge({ ...known, writers: writers({ ...others, me }) })
    )
    assert.deepEqual(plan.restored.values, [7, 6, 5, 4])
    assert.equal(plan.restored.count, 7)
    assert.deepEqual(plan.again, [])
  }
})

test('of an older Redis only its own pushes are made again when others have pushed too', () => {
  const known = { view: [7, 6, 5, 4], count: 7, own: [push(4, 5), push(5, 7)] }
  // Another process has made push 6, and will bring it itself.
  const there = state([5, 4, 3, 2], 5, { me: [4, 5], other: [3, 4] })
  const plan = planRepair(there, knowledge({ ...known, writers: writers({ me: [5, 7], other: [8, 6] }) }))
  assert.deepEqual(plan, { restored: { count: 7 }, again: [push(5, 7)] })
})

test('what another process has pushed since the loss stays, even where the values look alike', () => {
  const known = { view: [1, 1, 1, 1], count: 7, own: [push(5, 1)], writers: writers({ me: [5, 7], other: [8, 6] }) }
  // The other one has restored 5 pushes and made one more, its ninth, which is not the one that is known as the sixth.
  const there = state([1, 1, 1, 1], 6, { me: [4, 5], other: [9, 6] })
  assert.deepEqual(planRepair(there, knowledge(known)), { restored: { count: 7 }, again: [push(5, 1)] })
})

test('values of another shape than what is known are believed', () => {
  const known = { view: [7, 6, 5, 4], count: 7, writers: writers({ me: [5, 7] }), own: [push(5, 7)] }
  const plan = planRepair(state([50, 40], 5, { me: [5, 5] }), knowledge(known))
  assert.deepEqual(plan, { restored: { count: 7 }, again: [] })
})

test('a list without a count is what it was, or older, or newer, as its values tell', () => {
  const known = knowledge({ view: [7, 6, 5, 4], count: 7, writers: writers({ me: [5, 7] }) })
  const restored = (values: number[]) => {
    const plan = planRepair(state(values, undefined), known)
    assert.deepEqual(plan.again, [])
    return { count: plan.restored.count, values: plan.restored.values }
  }
  assert.deepEqual(restored([7, 6, 5, 4]), { count: 7, values: undefined })
  assert.deepEqual(restored([5, 4, 3]), { count: 7, values: [7, 6, 5, 4] })
  assert.deepEqual(restored([9, 8, 7, 6]), { count: 9, values: undefined })
  assert.deepEqual(restored([50, 40]), { count: 7, values: undefined })
})
