import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { decodeState, learnerFromState } from '../src/index.ts'
import { assertClose, readExamples } from './parity.ts'

interface Fixture {
  learned: number
  states: { state: string; predictions: number[] }[]
}

const file = new URL('fixtures/states_v1.json', import.meta.url)
const { learned, states } = JSON.parse(readFileSync(file, 'utf8')) as Fixture

for (const [index, { state, predictions }] of states.entries()) {
  const bytes = new Uint8Array(Buffer.from(state, 'base64'))
  test(`a state of the first version is read and goes on as it did: ${decodeState(bytes).string('kind')}, ${index}`, () => {
    const learner = learnerFromState(bytes)
    const rows = readExamples('trump').slice(learned, learned + predictions.length)
    for (const [row, { x, y }] of rows.entries()) {
      assertClose(learner.predictOne(x), predictions[row]!, `row ${row}`)
      learner.learnOne(x, y)
    }
    const again = learnerFromState(learner.toState())
    assert.deepEqual(again.toState(), learner.toState())
  })
}
