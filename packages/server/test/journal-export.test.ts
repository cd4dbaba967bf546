import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { LearnCommand, ObservationCommand } from '@millrace/engine'
import { pruneJournal } from '@millrace/store'
import * as fc from 'fast-check'
import { runJournalCommand } from '../src/cli/journal.ts'
import { observation, settings, taught, temporaryFolder, waves } from './journal-data.ts'
import { FakeProcess } from './replay-host.ts'

/** What `millrace journal export` prints and answers. */
async function exported(...args: string[]) {
  const host = new FakeProcess()
  const code = await runJournalCommand(['export', ...args], {}, host)
  return { code, out: host.stdout.text, err: host.stderr.text }
}

/** The predictions that `millrace replay` makes for a file. */
async function replayed(file: string, model: string, ...options: string[]): Promise<number[]> {
  const host = new FakeProcess()
  assert.equal(await host.run([file, '--models', model, '--csv', ...options]), 0)
  const lines = host.stdout.text.trimEnd().split('\n').slice(1)
  return lines.map(line => Number(line.split(',').at(-1)))
}

const labelled = { predictionId: 'p1', prediction: 3.5 }

test('an export has the rows that were learned, and no others', async context => {
  const dataDir = temporaryFolder(context)
  await taught(dataDir, 'linear', [
    settings('linear_regression', { limits: { featureNames: 2 } }),
    observation({ a: 125 }, 130, { observationId: 'o1' }),
    observation({ a: 125 }, 130, { observationId: 'o1' }),
    observation({ a: 1 }, 1, { observationId: 'o1' }),
    observation({ a: 1, b: 2, c: 3 }, 1),
    observation({ b: 130 }, 140, { labelled })
  ])
  const { out, err } = await exported('linear', '--data-dir', dataDir)
  assert.equal(err, '')
  assert.deepEqual(out.split('\n'), [
    'sequence,time,observation_id,prediction_id,a,b,target',
    '#2,2001-09-09T01:46:40.000Z,o1,-,125,,130',
    '#6,2001-09-09T01:46:40.000Z,-,p1,,130,140',
    ''
  ])
  const raw = await exported('linear', '--data-dir', dataDir, '--raw')
  assert.deepEqual(
    raw.out
      .trimEnd()
      .split('\n')
      .map(line => line.split(',')[0]),
    ['sequence', '#2', '#3', '#4', '#5', '#6']
  )
})

test('JSON lines are those of show --json', async context => {
  const dataDir = temporaryFolder(context)
  await taught(dataDir, 'linear', [settings('linear_regression'), ...waves(5), observation({}, 1, { labelled })])
  const host = new FakeProcess()
  await runJournalCommand(['show', 'linear', '--json', '--from', '3', '--data-dir', dataDir], {}, host)
  const { out } = await exported('linear', '--format', 'jsonl', '--from', '3', '--data-dir', dataDir)
  assert.equal(out, host.stdout.text)
  const raw = await exported('linear', '--format', 'jsonl', '--to', '2', '--raw', '--data-dir', dataDir)
  const lines = raw.out.trimEnd().split('\n')
  assert.equal(lines.length, 2)
  assert.equal(lines[1]!.includes('outcome'), false)
})

test('an export of a file appears whole, in the format of its name', async context => {
  const dataDir = temporaryFolder(context)
  const folder = temporaryFolder(context)
  await taught(dataDir, 'linear', [settings('linear_regression'), ...waves(3)])
  const file = join(folder, 'rows.jsonl')
  writeFileSync(file, 'before')
  assert.deepEqual(await exported('linear', '--data-dir', dataDir, '--output', file), { code: 0, out: '', err: '' })
  assert.equal(readFileSync(file, 'utf8').trimEnd().split('\n').length, 4)
  assert.deepEqual(readdirSync(folder), ['rows.jsonl'])
})

test('an export that is stopped or fails leaves the file as it was', async context => {
  const dataDir = temporaryFolder(context)
  const folder = temporaryFolder(context)
  const { folder: journal } = await taught(dataDir, 'linear', [settings('linear_regression'), ...waves(3000)])
  const file = join(folder, 'rows.csv')
  writeFileSync(file, 'before')
  const host = new FakeProcess({ tickMs: 50 })
  host.onWait = () => host.interrupt()
  const args = ['export', 'linear', '--data-dir', dataDir, '--output', file]
  assert.equal(await runJournalCommand(args, {}, host), 130)
  await assert.rejects(exported('linear', '--data-dir', dataDir, '--output', join(folder, 'no', 'rows.csv')), {
    code: 'MILL_OUTPUT_FAILED'
  })
  const [segment] = readdirSync(journal).filter(name => name.endsWith('.segment'))
  writeFileSync(join(journal, segment!), readFileSync(join(journal, segment!)).fill(0, 200, 220))
  await assert.rejects(exported('linear', '--data-dir', dataDir, '--output', file), { code: 'MILL_JOURNAL_DAMAGED' })
  assert.deepEqual([readdirSync(folder), readFileSync(file, 'utf8')], [['rows.csv'], 'before'])
})

test('rows of which nobody knows whether they were learned are exported, with a word', async context => {
  const dataDir = temporaryFolder(context)
  const commands: LearnCommand[] = [...waves(1500), waves(1, 1500)[0]!]
  const learner = await taught(dataDir, 'linear', [settings('linear_regression'), ...commands], {
    snapshotsAt: [700, 1200]
  })
  pruneJournal(learner.folder, { retentionBytes: 0 })
  const { out, err } = await exported('linear', '--data-dir', dataDir)
  const sequences = out
    .trimEnd()
    .split('\n')
    .slice(1)
    .map(line => Number(line.split(',')[0]!.slice(1)))
  assert.equal(
    err,
    `millrace: whether the first ${701 - sequences[0]!} rows were learned is not known: no earlier snapshot is kept\n`
  )
  // The last record repeats the one before.
  assert.deepEqual([sequences.at(-1), sequences.length], [1501, 1502 - sequences[0]!])
})

const value = fc.oneof(fc.double({ min: -100, max: 100, noNaN: true }), fc.constantFrom(0, -0, 1e-300, 5))

/** Rows whose features come and go, in any order. */
function rowsOver(names: readonly string[]): fc.Arbitrary<ObservationCommand[]> {
  const features = fc
    .uniqueArray(fc.tuple(fc.constantFrom(...names), value), { selector: ([name]) => name, minLength: 1 })
    .map(entries => Object.fromEntries(entries))
  const row = fc
    .record({
      features,
      target: fc.integer({ min: -5000, max: 5000 }).map(hundredths => hundredths / 100),
      observationId: fc.option(fc.constantFrom('7', 'x', '-', '"q"', '1e5', ' ', 'a b', '\u0000'), { nil: undefined })
    })
    .map(({ target, observationId, features: x }) => observation(x, target, { observationId }))
  return fc.array(row, { minLength: 1, maxLength: 25 })
}

const plainNames = ['b', 'a', '10', '2', 'in_1', '__proto__', 'ä,"b"', 'line\nbreak', 'feature:a']
const oddNames = [...plainNames, 'target', 'sequence', ' a', '']

for (const learner of ['linear_regression', 'ridge_regression', 'knn_regressor', 'amf_regressor'] as const) {
  test(`a replay of an export predicts what ${learner} predicted when it learned the journal`, async context => {
    let run = 0
    await fc.assert(
      // A forest looks at features in the order of their names, and so notices when they get others.
      fc.asyncProperty(rowsOver(learner === 'amf_regressor' ? plainNames : oddNames), async rows => {
        const dataDir = join(temporaryFolder(context), String(run++))
        const { outcomes } = await taught(dataDir, 'x', [settings(learner), ...rows])
        const file = join(dataDir, 'rows.csv')
        await exported('x', '--data-dir', dataDir, '--output', file)
        const served = outcomes.flatMap(outcome =>
          outcome?.kind === 'learned' && !outcome.isRepeat ? [outcome.prediction] : []
        )
        assert.deepEqual(await replayed(file, learner, '--lags', '0'), served)
      }),
      { numRuns: 15 }
    )
  })
}
