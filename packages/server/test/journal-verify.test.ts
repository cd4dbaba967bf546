import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { pruneJournal, writeSnapshot } from '@millrace/store'
import { runJournalCommand } from '../src/cli/journal.ts'
import { settings, taught, teach, temporaryFolder, waves } from './journal-data.ts'
import { FakeProcess } from './replay-host.ts'

/** What `millrace journal ...` prints and answers. */
async function journal(...args: string[]) {
  const host = new FakeProcess()
  const code = await runJournalCommand(args, {}, host)
  return { code, out: host.stdout.text, err: host.stderr.text }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Changes one byte in the middle of a file. */
function spoil(path: string): void {
  const bytes = readFileSync(path)
  bytes[Math.floor(bytes.length / 2)]! ^= 1
  writeFileSync(path, bytes)
}

function fileEnding(folder: string, end: string): string {
  return join(
    folder,
    readdirSync(folder).find(name => name.endsWith(end))!
  )
}

test('ls lists every learner with what is kept of it', async context => {
  const dataDir = temporaryFolder(context)
  await taught(dataDir, 'plain', [settings('linear_regression'), ...waves(9)])
  const pruned = await taught(dataDir, 'pruned', [settings('knn_regressor'), ...waves(1500)], {
    snapshotsAt: [700, 1200]
  })
  pruneJournal(pruned.folder, { retentionBytes: 0 })
  const running = await teach(dataDir, 'running', settings('amf_regressor'))
  const { code, out } = await journal('ls', '--data-dir', dataDir, '--json')
  const list = JSON.parse(out) as Record<string, unknown>[]
  const [plain, gone, open] = list
  assert.deepEqual([code, list.length], [0, 3])
  assert.ok(Number(plain!['bytes']) > 500)
  assert.deepEqual(
    { ...plain, bytes: 0 },
    {
      learner: 'plain',
      model: 'linear_regression',
      first_sequence: 1,
      last_sequence: 10,
      records: 10,
      bytes: 0,
      snapshot: null,
      writer: null
    }
  )
  assert.deepEqual([gone!['model'], gone!['last_sequence']], ['knn_regressor', 1501])
  assert.deepEqual(gone!['snapshot'], { sequence: 1200, time: '2001-09-09T01:46:40.000Z' })
  assert.ok(Number(gone!['first_sequence']) > 1)
  assert.equal(gone!['records'], 1502 - Number(gone!['first_sequence']))
  assert.deepEqual(open!['writer'], { pid: process.pid, host: hostname(), since: '2001-09-09T01:46:40.000Z' })
  const text = await journal('ls', '--data-dir', dataDir)
  const rows = text.out.trimEnd().split('\n').slice(2)
  assert.match(rows[0]!, /^plain +linear_regression +1 +10 +10 +[\d.]+ k?B +- +- +none$/)
  assert.match(rows[1]!, / 1,501 .* 1,200 +\d+ h \d\d min +none$/)
  assert.ok(rows[2]!.endsWith(`process ${process.pid}`))
  await running.writer.close()
})

test('ls of a folder without journals says so', async context => {
  const dataDir = temporaryFolder(context)
  assert.deepEqual(await journal('ls', '--data-dir', dataDir), {
    code: 0,
    out: `No learner has a journal in ${dataDir}.\n`,
    err: ''
  })
  assert.equal((await journal('ls', '--data-dir', dataDir, '--json')).out, '[]\n')
})

test('ls lists what can be read of a damaged journal, and says what cannot', async context => {
  const dataDir = temporaryFolder(context)
  const { folder } = await taught(dataDir, 'bad', [settings('linear_regression'), ...waves(99)])
  await taught(dataDir, 'good', [settings('knn_regressor'), ...waves(9)])
  spoil(fileEnding(folder, '.segment'))
  const host = new FakeProcess()
  await assert.rejects(runJournalCommand(['ls', '--data-dir', dataDir], {}, host), {
    code: 'MILL_JOURNAL_DAMAGED',
    message: /^learner bad: journal .* is damaged: /
  })
  assert.match(host.stdout.text, /\nbad +linear_regression +1 +- +- .*none\ngood +knn_regressor +1 +10 +10 /)
})

test('verify says that whole journals are whole, while one of them is being written', async context => {
  const dataDir = temporaryFolder(context)
  await taught(dataDir, 'a', [settings('linear_regression'), ...waves(99)], { snapshotsAt: [50] })
  const open = await teach(dataDir, 'b', settings('knn_regressor'))
  const { code, out } = await journal('verify', '--data-dir', dataDir)
  assert.equal(code, 0)
  assert.match(
    out,
    /^a: whole\n {2}records 1 to 100 in \d+ files?, [\d.]+ kB\n {2}1 snapshot whole\nb: whole\n {2}records 1 to 1 in 1 file, /
  )
  await open.writer.close()
})

for (const learner of ['linear_regression', 'knn_regressor', 'amf_regressor'] as const) {
  test(`learning ${learner} again, deeply, makes the same states`, async context => {
    const dataDir = temporaryFolder(context)
    const commands = [...waves(600), settings(learner, { limits: { ids: 50 } }), ...waves(900, 601)]
    const { machine, folder } = await taught(dataDir, 'x', [settings(learner), ...commands], {
      snapshotsAt: [1, 300, 602, 1000, 1502]
    })
    const whole = await journal('verify', 'x', '--deep', '--data-dir', dataDir)
    assert.equal(whole.code, 0)
    assert.deepEqual(whole.out.trimEnd().split('\n').slice(-2), [
      '  learned again from the beginning: equal at 300, 602, 1,000, 1,502',
      `  state at 1,502: SHA-256 ${sha256(machine.toState())}`
    ])
    pruneJournal(folder, { retentionBytes: 0, keepSnapshots: 3 })
    const pruned = await journal('verify', 'x', '--deep', '--data-dir', dataDir)
    assert.deepEqual(pruned.out.trimEnd().split('\n').slice(-2), [
      '  learned again from the snapshot at 602: equal at 1,000, 1,502',
      `  state at 1,502: SHA-256 ${sha256(machine.toState())}`
    ])
  })
}

test('a snapshot with another state is found by --deep only', async context => {
  const dataDir = temporaryFolder(context)
  const { folder, machine } = await taught(dataDir, 'x', [settings('linear_regression'), ...waves(99)], {
    snapshotsAt: [40]
  })
  writeSnapshot(folder, { sequence: 60, time: 0, state: machine.toState() })
  assert.equal((await journal('verify', 'x', '--data-dir', dataDir)).code, 0)
  const host = new FakeProcess()
  await assert.rejects(runJournalCommand(['verify', 'x', '--deep', '--data-dir', dataDir], {}, host), {
    code: 'MILL_JOURNAL_DAMAGED',
    message: new RegExp(
      `^learner x: the snapshot at 60 is not the state that its records make: SHA-256 ${sha256(machine.toState())}, learned again [0-9a-f]{64}$`
    )
  })
  assert.ok(host.stdout.text.startsWith('x: damaged\n'))
  assert.ok(host.stdout.text.includes('equal at 40\n'))
})

test('every damage is told, and what is whole besides', async context => {
  const dataDir = temporaryFolder(context)
  const one = await taught(dataDir, 'one', [settings('linear_regression'), ...waves(99)], { snapshotsAt: [40] })
  const two = await taught(dataDir, 'two', [settings('linear_regression'), ...waves(99)])
  await taught(dataDir, 'whole', [settings('linear_regression'), ...waves(9)])
  spoil(fileEnding(one.folder, '.snapshot'))
  spoil(fileEnding(one.folder, '.segment'))
  rmSync(fileEnding(two.folder, '.segment'))
  const host = new FakeProcess()
  const failure = await runJournalCommand(['verify', '--data-dir', dataDir, '--deep'], {}, host).catch(
    (error: unknown) => error
  )
  const { code, details } = failure as { code: string; details: { problems: string[] } }
  assert.equal(code, 'MILL_JOURNAL_DAMAGED')
  assert.equal(details.problems.length, 3)
  assert.match(details.problems[0]!, /^learner one: .*checksum of this snapshot does not fit/)
  assert.match(details.problems[1]!, /^learner one: .*changed or lost after it was written/)
  assert.match(details.problems[2]!, /^learner two: records 1 to \d+ are missing before /)
  const verdicts = host.stdout.text.split('\n').filter(line => !line.startsWith(' '))
  assert.deepEqual(verdicts, ['one: damaged', 'two: damaged', 'whole: whole', ''])
})

test('Ctrl-C ends a deep verify with 130', async context => {
  const dataDir = temporaryFolder(context)
  await taught(dataDir, 'x', [settings('linear_regression'), ...waves(300)])
  const host = new FakeProcess({ tickMs: 50 })
  host.onWait = () => host.interrupt()
  assert.equal(await runJournalCommand(['verify', '--deep', '--data-dir', dataDir], {}, host), 130)
  assert.equal(host.stdout.text, '')
})
