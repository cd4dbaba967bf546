import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ObservationCommand } from '../src/learning/learn-command.ts'
import type { Outcome } from '../src/learning/learner-machine.ts'
import { LearningTurns } from '../src/learning/learning-turns.ts'

/** Turns over a learner that takes 1 ms a row by a clock of its own, and answers the target. */
function setUp() {
  const learned: number[] = []
  const waiting: (() => void)[] = []
  let time = 0
  const turns = new LearningTurns({
    learn(command) {
      if (Number.isNaN(command.target)) throw new Error('broken')
      time += 1
      learned.push(command.target)
      return { kind: 'learned', prediction: command.target, isRepeat: false }
    },
    now: () => time,
    later: work => void waiting.push(work)
  })
  const add = (targets: number[]): Promise<Outcome[]> =>
    new Promise((resolve, reject) => {
      const commands = targets.map((target): ObservationCommand => ({ kind: 'observation', features: {}, target }))
      turns.add({ commands, records: commands.map(() => new Uint8Array()), done: resolve, failed: reject })
    })
  return { turns, learned, waiting, add }
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

test('a row is learned at once', async () => {
  const { learned, waiting, add } = setUp()
  const outcomes = add([7])
  assert.deepEqual([learned, waiting], [[7], []])
  assert.deepEqual(await outcomes, [{ kind: 'learned', prediction: 7, isRepeat: false }])
})

test('a long batch lets others have their turn, and what comes meanwhile is learned after it', async () => {
  const { turns, learned, waiting, add } = setUp()
  const batch = add(upTo(20))
  // After 5 ms, at the next look at the clock.
  assert.deepEqual(learned, upTo(8))
  const row = add([20])
  assert.deepEqual(learned, upTo(8))
  for (let turn = waiting.shift(); turn !== undefined; turn = waiting.shift()) turn()
  assert.deepEqual(learned, upTo(21))
  assert.equal((await batch).length, 20)
  assert.equal((await row).length, 1)
  await turns.drained()
})

test('what fails fails alone, and nothing waits for ever', async () => {
  const { turns, learned, waiting, add } = setUp()
  const failed = assert.rejects(add([...upTo(9), Number.NaN]), /broken/)
  const drained = turns.drained()
  const next = add([10])
  for (let turn = waiting.shift(); turn !== undefined; turn = waiting.shift()) turn()
  await failed
  assert.equal((await next).length, 1)
  await drained
  assert.deepEqual(learned, [...upTo(9), 10])
})
