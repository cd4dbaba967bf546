import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import type { LearnCommand } from '@millrace/engine'
import { pruneJournal } from '@millrace/store'
import { runJournalCommand } from '../src/cli/journal.ts'
import { observation, settings, taught, temporaryFolder, waves } from './journal-data.ts'
import { FakeProcess } from './replay-host.ts'

/** What `millrace journal ...` prints and answers. */
async function journal(...args: string[]) {
  const host = new FakeProcess()
  const code = await runJournalCommand(args, {}, host)
  return { code, out: host.stdout.text, err: host.stderr.text }
}

/** Lines of JSON as what they say. */
function linesOf(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as Record<string, unknown>)
}

const labelled = { predictionId: 'p1', prediction: 3.5 }

/** One of every kind that there is. */
const commands: [ReturnType<typeof settings>, ...LearnCommand[]] = [
  settings('linear_regression', { limits: { featureNames: 2 } }),
  observation({ a: 125 }, 130, { observationId: 'o1' }),
  observation({ a: 125 }, 130, { observationId: 'o1' }),
  observation({ a: 1 }, 1, { observationId: 'o1' }),
  observation({ a: 1, b: 2, c: 3 }, 1),
  observation({ a: 130 }, 140, { labelled }),
  settings('linear_regression', { limits: { featureNames: 3 } })
]

test('show tells every record and what became of it', async context => {
  const dataDir = temporaryFolder(context)
  await taught(dataDir, 'linear', commands)
  const { code, out, err } = await journal('show', 'linear', '--data-dir', dataDir)
  assert.deepEqual([code, err], [0, ''])
  const columns = out
    .trimEnd()
    .split('\n')
    .map(line => line.trim().split(/ {2,}/))
  assert.deepEqual(
    columns.map(([sequence, , ...rest]) => [sequence, ...rest]),
    [
      ['1', 'settings', columns[0]![3]],
      ['2', 'observation', 'learned', 'observation_id=o1 target=130 prediction=0 | a=125'],
      ['3', 'observation', 'repeat', 'observation_id=o1 target=130 prediction=0 | a=125'],
      ['4', 'observation', 'MILL_ID_CONFLICT', 'observation_id=o1 target=1 | a=1'],
      ['5', 'observation', 'MILL_FEATURE_LIMIT', 'target=1 | a=1 b=2 c=3'],
      ['6', 'label', 'learned', 'prediction_id=p1 target=140 prediction=3.5 | a=130'],
      ['7', 'settings', columns[6]![3]]
    ]
  )
  assert.equal(columns[0]![1], '2001-09-09T01:46:40.000Z')
  assert.match(columns[6]![3]!, /^linear_regression .*feature_names<=3 memory_bytes<=268435456 ids<=1000$/)
})

test('show --json tells the same whole', async context => {
  const dataDir = temporaryFolder(context)
  await taught(dataDir, 'linear', commands)
  const { out } = await journal('show', 'linear', '--data-dir', dataDir, '--json')
  const lines = linesOf(out)
  assert.deepEqual(lines[1], {
    sequence: 2,
    time: '2001-09-09T01:46:40.000Z',
    kind: 'observation',
    outcome: 'learned',
    observation_id: 'o1',
    prediction: 0,
    target: 130,
    features: { a: 125 }
  })
  assert.deepEqual(
    lines.map(({ outcome }) => outcome),
    [undefined, 'learned', 'repeat', 'MILL_ID_CONFLICT', 'MILL_FEATURE_LIMIT', 'learned', undefined]
  )
})

for (const [options, expected] of [
  ['--from 3', [3, 4, 5, 6, 7]],
  ['--to 2', [1, 2]],
  ['--from 3 --to 4', [3, 4]],
  ['--last 2', [6, 7]],
  ['--last 2 --to 4', [3, 4]],
  ['--last 99', [1, 2, 3, 4, 5, 6, 7]],
  ['--from 99', []],
  ['--id o1', [2, 3, 4]],
  ['--id p1', [6]],
  ['--id o1 --from 3', [3, 4]],
  ['--id o2', []]
] as const) {
  test(`show ${options} takes its part`, async context => {
    const dataDir = temporaryFolder(context)
    await taught(dataDir, 'linear', commands)
    const { out } = await journal('show', 'linear', '--data-dir', dataDir, '--json', ...options.split(' '))
    assert.deepEqual(out === '' ? [] : linesOf(out).map(({ sequence }) => sequence), expected)
  })
}

test('what became of records is known from the first snapshot on when the beginning is gone', async context => {
  const dataDir = temporaryFolder(context)
  const learner = await taught(dataDir, 'knn', [settings('knn_regressor'), ...waves(1500)], {
    snapshotsAt: [700, 1200]
  })
  pruneJournal(learner.folder, { retentionBytes: 0 })
  const { out, err } = await journal('show', 'knn', '--data-dir', dataDir, '--json', '--from', '2')
  const lines = linesOf(out)
  const first = Number(lines[0]!['sequence'])
  assert.ok(first > 500 && first <= 701, `${first}`)
  assert.equal(err, `millrace: records before ${first} are no longer kept\n`)
  for (const { sequence, outcome, prediction } of lines) {
    const known = Number(sequence) > 700 ? learner.outcomes[Number(sequence) - 1] : undefined
    assert.equal(outcome, known?.kind)
    assert.equal(prediction, known?.kind === 'learned' ? known.prediction : undefined)
  }
  assert.equal(lines.at(-1)!['sequence'], 1501)
})

test('show reads a journal by the path of its folder', async context => {
  const { folder } = await taught(temporaryFolder(context), 'linear', commands)
  const { out } = await journal('show', folder, '--json', '--last', '1')
  assert.equal(linesOf(out).length, 1)
})

test('on a terminal long lines are cut', async context => {
  const dataDir = temporaryFolder(context)
  const features = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`feature_${index}`, index]))
  await taught(dataDir, 'linear', [settings('linear_regression'), observation(features, 1)])
  const host = new FakeProcess({ isTTY: true })
  await runJournalCommand(['show', 'linear', '--data-dir', dataDir], {}, host)
  const lines = host.stdout.text.trimEnd().split('\n')
  assert.deepEqual(
    lines.map(line => [Array.from(line).length, line.at(-1)]),
    [
      [80, '…'],
      [80, '…']
    ]
  )
})

test('a reader that goes away ends show quietly, Ctrl-C with 130', async context => {
  const dataDir = temporaryFolder(context)
  await taught(dataDir, 'linear', [settings('linear_regression'), ...waves(2000)])
  for (const [stop, expected] of [
    [(host: FakeProcess) => host.stdout.emit('error', Object.assign(new Error('gone'), { code: 'EPIPE' })), 0],
    [(host: FakeProcess) => host.interrupt(), 130]
  ] as const) {
    const host = new FakeProcess({ tickMs: 50 })
    host.onWait = () => stop(host)
    assert.equal(await runJournalCommand(['show', 'linear', '--data-dir', dataDir, '--json'], {}, host), expected)
    assert.ok(host.stdout.text.split('\n').length < 100)
    assert.equal(host.stderr.text, '')
  }
})

async function rejected(context: TestContext, args: string[], message: string | RegExp): Promise<void> {
  const dataDir = temporaryFolder(context)
  await taught(dataDir, 'linear', commands)
  await assert.rejects(journal(...args, '--data-dir', dataDir), { code: 'MILL_OPTION_INVALID', message })
}

for (const [line, message] of [
  ['', 'name a part: ls, show, verify, export'],
  ['shw linear', 'there is no part of journal shw, choose one of ls, show, verify, export; did you mean show?'],
  ['show', 'name the learner; millrace journal ls lists them'],
  ['show linear ridge', 'one learner at a time, got also ridge'],
  ['show linaer', 'there is no learner linaer, choose one of linear; did you mean linear?'],
  ['show linear --from 0', '--from must be an integer >= 1, got 0'],
  ['show linear --from 3 --to 2', '--from must not be after --to, got 3 and 2'],
  ['show linear --from 3 --last 2', '--from and --last exclude each other'],
  ['export linear --format xml', 'there is no format xml, choose one of csv, jsonl']
] as const) {
  test(`used wrongly: journal ${line}`, async context => {
    await rejected(context, line.split(' ').filter(Boolean), line === '' ? /^name a part/ : message)
  })
}

test('a data folder that is not there is told with the ways to name one', async context => {
  const dataDir = join(temporaryFolder(context), 'nothing')
  await assert.rejects(journal('ls', '--data-dir', dataDir), {
    code: 'MILL_OPTION_INVALID',
    message: `there is no data folder ${dataDir}; name it with --data-dir or MILLRACE_DATA_DIR`
  })
  await assert.rejects(journal('show', 'x', '--data-dir', temporaryFolder(context)), {
    code: 'MILL_OPTION_INVALID',
    message: /^no learner has a journal in /
  })
})
