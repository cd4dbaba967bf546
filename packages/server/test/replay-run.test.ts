import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { type ReplayRun, runReplay } from '../src/cli/replay-run.ts'
import { FakeProcess } from './replay-host.ts'

async function* threeRows() {
  for (const line of [2, 3, 4]) yield { line, label: '', features: {}, target: line }
}

function runWith(step: ReplayRun['validation']['step'], changes: Partial<ReplayRun> = {}): Promise<boolean> {
  return runReplay({
    replay: { file: 'data.csv', rows: threeRows() },
    validation: { step },
    clock: new FakeProcess().clock,
    signal: new AbortController().signal,
    limit: Infinity,
    rowsPerSecond: undefined,
    onRow: () => undefined,
    onPause: () => undefined,
    ...changes
  })
}

test('a row that a model refuses is named by file and line', async () => {
  const refusal = new MillraceError('MILL_VALUE_NOT_FINITE', 'prediction is not finite')
  const step = (_: unknown, y: number): [] => {
    if (y === 3) throw refusal
    return []
  }
  await assert.rejects(runWith(step), {
    code: 'MILL_DATA_INVALID',
    message: 'data.csv line 3: prediction is not finite',
    cause: refusal
  })
})

test('an error that is not ours passes as it is', async () => {
  const bug = new TypeError('bug')
  const step = (): never => {
    throw bug
  }
  await assert.rejects(runWith(step), bug)
})

test('a run is complete at the end of the rows and at its limit, not when it is stopped', async () => {
  const seen: number[] = []
  const step = (_: unknown, y: number): [] => {
    seen.push(y)
    return []
  }
  assert.equal(await runWith(step), true)
  assert.equal(await runWith(step, { limit: 2 }), true)
  const stop = new AbortController()
  const onRow = () => {
    stop.abort()
    return undefined
  }
  assert.equal(await runWith(step, { signal: stop.signal, onRow }), false)
  assert.deepEqual(seen, [2, 3, 4, 2, 3, 2])
})
