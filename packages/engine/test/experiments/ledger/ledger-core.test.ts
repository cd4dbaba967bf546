import assert from 'node:assert/strict'
import { test } from 'node:test'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { LedgerCore } from '../../../src/experiments/ledger/ledger-core.ts'
import { ledgerLimits } from '../../../src/experiments/ledger/ledger-limits.ts'
import { LedgerState } from '../../../src/experiments/ledger/ledger-state.ts'
import { noHash } from '../../../src/experiments/ledger/outcome-fact.ts'
import { memoryLog } from '../../learner-setup.ts'

const shape = (...names: string[]) => ({ arms: 2, metrics: new Map(names.map(name => [name, name])) })

test('what waits is looked through when an experiment can count more than before, and not whenever one is asked for', async t => {
  const limits = ledgerLimits({})
  const state = new LedgerState(limits)
  const core = new LedgerCore({ state, limits, log: memoryLog(), now: () => 0, wake: () => undefined })
  t.after(() => core.close())
  const [id, request] = [
    { first: 1, second: 2 },
    { first: 3, second: 4 }
  ]
  const told = { metric: 'accuracy', unit: noHash, passingArm: -1, value: 0, told: 5, time: 0 }
  state.tell({ ...told, experiment: undefined, id, request, label: { isText: false, value: 1 } })
  const { mock } = t.mock.method(core, 'joinRequests')
  const asked = async (...names: string[]): Promise<number> => {
    core.experiment('e', shape(...names))
    await nextTurn()
    return mock.callCount()
  }
  assert.equal(await asked('accuracy'), 1)
  assert.equal(await asked('accuracy'), 1)
  assert.equal(await asked('accuracy', 'error'), 2)
})
