import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replyTexts } from '../src/protocols/v2/reply-texts.ts'

const plain = { model: 'm "1"', version: 'v1.0', reason: 'default' } as const

/** The members that a reply has before its outputs. */
function told({ opening, middle }: { opening: string; middle: string }): unknown {
  return JSON.parse(`${opening}"i"${middle}]}`)
}

test('a reply tells of the model, and from where it comes only if from the cache', () => {
  const { opening, middle, cachedMiddle } = replyTexts(plain)
  assert.deepEqual(told({ opening, middle }), { model_name: 'm "1"', model_version: 'v1.0', id: 'i', outputs: [] })
  assert.deepEqual(told({ opening, middle: cachedMiddle }), {
    model_name: 'm "1"',
    model_version: 'v1.0',
    id: 'i',
    parameters: { cached: true },
    outputs: []
  })
})

test('a reply tells of the experiment that decided', () => {
  const assignment = { experiment: 'e', arm: 'b "2"', probability: 0.25, isSticky: true }
  const { opening, middle, cachedMiddle } = replyTexts({ ...plain, reason: 'experiment', assignment })
  const parameters = { route_reason: 'experiment', experiment: 'e', arm: 'b "2"', probability: 0.25, sticky: true }
  const reply = { model_name: 'm "1"', model_version: 'v1.0', id: 'i', outputs: [] }
  assert.deepEqual(told({ opening, middle }), { ...reply, parameters })
  assert.deepEqual(told({ opening, middle: cachedMiddle }), { ...reply, parameters: { cached: true, ...parameters } })
})
