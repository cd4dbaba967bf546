import assert from 'node:assert/strict'
import { test } from 'node:test'
import { estimateRows } from '../src/cli/estimate-rows.ts'
import { csvFile } from './replay-host.ts'

test('small files are counted', async context => {
  assert.equal(await estimateRows(csvFile(context, 'x\n1\n2\n')), 3)
})

test('large files are estimated from their beginning, middle and end', async context => {
  const lines = Array.from({ length: 100_000 }, (_, index) => `${index}`)
  const estimate = await estimateRows(csvFile(context, lines.join('\n')))
  assert.ok(estimate !== undefined && Math.abs(estimate / 100_000 - 1) < 0.1, `${estimate}`)
})

test('what has no size has no estimate', async () => {
  assert.equal(await estimateRows('/dev/null'), undefined)
})
