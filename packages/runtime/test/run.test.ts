import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRuntime } from '../src/index.ts'
import { expected, fixture, rowsOf } from './fixtures.ts'

test('a model answers as it does in Python', async t => {
  const runtime = createRuntime()
  t.after(() => runtime.close())
  const model = await runtime.load({ label: 'mlp version 1', path: fixture('mlp') })
  const { inputs, outputs } = expected['mlp']!
  const [answer] = (await model.run({ inputs: [rowsOf('x', inputs['x']!)] })).outputs
  assert.deepEqual(answer!.shape, [5, 3])
  const wanted = Float32Array.from((outputs['y'] as number[][]).flat())
  for (const [index, value] of wanted.entries()) assert.ok(Math.abs(Number(answer!.data[index]) - value) < 1e-5)
})
