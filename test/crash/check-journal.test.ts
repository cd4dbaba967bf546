import assert from 'node:assert/strict'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { learnerParameters, LearnRecordCodec, type SettingsCommand } from '@millrace/engine'
import { openJournalWriter, writeSnapshot } from '@millrace/store'
import { temporaryFolder } from '../e2e/program.ts'
import { checkJournal } from './check-journal.ts'
import { createFindings } from './findings.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { createTruth } from './truth.ts'

const learner = 'linear_regression'
const settings: SettingsCommand = {
  kind: 'settings',
  learner,
  parameters: learnerParameters(learner, { seed: 1 }),
  limits: { featureNames: 10, memoryBytes: 1e9, ids: 2 }
}

/** An observation without features: a linear model predicts 0 for the first of them. */
interface Sent {
  id: string
  target: number
}

/** A journal in which the observations were learned, as a program leaves it. */
async function journalOf(t: TestContext, sent: readonly Sent[]): Promise<string> {
  const folder = path.join(temporaryFolder(t), learner)
  const { writer } = await openJournalWriter(folder, { durability: 'os' })
  const codec = new LearnRecordCodec()
  const observations = sent.map(({ id, target }) =>
    codec.encode({ kind: 'observation', observationId: id, features: {}, target })
  )
  writer.append([codec.encode(settings), ...observations], { committed: () => undefined, failed: assert.ifError })
  await writer.close()
  return folder
}

function acknowledge(ledger: Ledger, { id, target }: Sent, prediction?: number): void {
  const ask = { service: learner, path: '/train', body: '' }
  const row = { key: `observation ${id}`, features: {}, target, isLearned: true, prediction } as const
  ledger.note({ ask, answer: { status: 200, body: '' }, tellsRepeat: true }, [row])
}

/** The promises that are found broken. */
function broken(folder: string, ledger: Ledger): string[] {
  const findings = createFindings()
  checkJournal({ truth: createTruth(folder, findings), ledger }, findings)
  return findings.list.map(({ promise }) => promise)
}

const first = { id: 'a', target: 3 }
const second = { id: 'b', target: 4 }

test('a journal that holds what was acknowledged breaks no promise', async t => {
  const ledger = createLedger(learner)
  acknowledge(ledger, first, 0)
  acknowledge(ledger, second)
  assert.deepEqual(broken(await journalOf(t, [first, second, first]), ledger), [])
})

test('an acknowledged observation that is not in the journal is found lost', async t => {
  const ledger = createLedger(learner)
  acknowledge(ledger, first)
  acknowledge(ledger, second)
  assert.deepEqual(broken(await journalOf(t, [first]), ledger), ['nothing acknowledged is lost'])
})

test('an observation that is learned again after its id was forgotten is found', async t => {
  const others = [1, 2, 3].map(target => ({ id: `other-${target}`, target }))
  assert.deepEqual(broken(await journalOf(t, [first, ...others, first]), createLedger(learner)), [
    'nothing is learned twice'
  ])
})

test('an observation that was changed on its way is found', async t => {
  const ledger = createLedger(learner)
  acknowledge(ledger, first)
  assert.deepEqual(broken(await journalOf(t, [{ ...first, target: 3.5 }]), ledger), ['a journal holds what was sent'])
})

test('an answer that another state has given is found', async t => {
  const ledger = createLedger(learner)
  acknowledge(ledger, first, 0.25)
  assert.deepEqual(broken(await journalOf(t, [first]), ledger), ['answers are those of a run never killed'])
})

test('a snapshot that differs from the state of its records is found', async t => {
  const folder = await journalOf(t, [first])
  writeSnapshot(folder, { sequence: 2, time: 0, state: Buffer.from('another state') })
  assert.deepEqual(broken(folder, createLedger(learner)), ['a snapshot holds the state of a run never killed'])
})
