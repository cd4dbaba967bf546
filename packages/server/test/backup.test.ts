import assert from 'node:assert/strict'
import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { restoreMachine, stateDigest } from '@millrace/engine'
import { openEmbeddedStore, openJournalReader, openJournalWriter } from '@millrace/store'
import { runBackupCommand } from '../src/cli/backup.ts'
import { fileDigest } from '../src/cli/backup-files.ts'
import { manifestText, parseManifest } from '../src/cli/backup-manifest.ts'
import { runRestoreCommand } from '../src/cli/restore.ts'
import { settings, taught, teach, temporaryFolder, waves } from './journal-data.ts'
import { FakeProcess } from './replay-host.ts'

/** What a command prints and answers. */
async function run(command: typeof runBackupCommand, ...args: string[]) {
  const host = new FakeProcess()
  const code = await command(args, {}, host)
  return { code, out: host.stdout.text, err: host.stderr.text }
}

const storeSettings = { durability: 'os', idsRemembered: 100, pendingTtlMs: 10_000, pendingLimit: 10 } as const

/** A data folder with a store and two learners in it, which nobody uses. */
async function dataFolder(context: TestContext): Promise<string> {
  const dataDir = join(temporaryFolder(context), 'data')
  const store = await openEmbeddedStore({ folder: dataDir, ...storeSettings })
  await store.series.push({ seriesId: 's', value: 1.5, keep: 3 })
  await store.cursors.advance('stream', 100)
  await store.close()
  await taught(dataDir, 'knn', [settings('knn_regressor'), ...waves(60)], { snapshotsAt: [20, 40] })
  await taught(dataDir, 'linear', [settings('linear_regression'), ...waves(30)])
  return dataDir
}

const shared = mkdtempSync(join(tmpdir(), 'millrace-backup-'))
after(() => rmSync(shared, { recursive: true, force: true }))
const pristine = join(shared, 'backup')

/** A backup of {@link dataFolder}: a copy of one that is made once. */
async function backedUp(context: TestContext): Promise<string> {
  if (!existsSync(pristine)) await run(runBackupCommand, pristine, '--data-dir', await dataFolder(context))
  const folder = join(temporaryFolder(context), 'backup')
  cpSync(pristine, folder, { recursive: true })
  return folder
}

/** The digest of the state that a journal makes, up to a position. */
function digestAt(folder: string, upTo?: number): string {
  const { machine } = restoreMachine(openJournalReader(folder), upTo === undefined ? {} : { upTo })
  return stateDigest(machine!)
}

test('a backup holds everything, and says what', async context => {
  const dataDir = await dataFolder(context)
  const folder = join(temporaryFolder(context), 'deep', 'backup')
  const { code, out, err } = await run(runBackupCommand, folder, '--data-dir', dataDir)
  assert.deepEqual([code, err], [0, ''])
  assert.match(
    out,
    /^Backed up and verified: .*backup\n {2}\d+ files, [\d.]+ kB, of 20.*Z by Millrace \d.*\n {2}learner knn at record 61\n {2}learner linear at record 31\n$/
  )
  const manifest = parseManifest(readFileSync(join(folder, 'manifest.json'), 'utf8'), folder)
  assert.deepEqual(manifest.learners, [
    { id: 'knn', first_sequence: 1, last_sequence: 61 },
    { id: 'linear', first_sequence: 1, last_sequence: 31 }
  ])
  const paths = manifest.files.map(({ path }) => path)
  assert.deepEqual(
    paths.filter(path => !path.includes('/')),
    ['millrace.db', 'pending.db']
  )
  assert.equal(paths.filter(path => path.startsWith('journal/knn/') && path.endsWith('.snapshot')).length, 2)
  // Nothing is left beside it.
  assert.deepEqual(readdirSync(join(folder, '..')), ['backup'])
  const verified = await run(runBackupCommand, '--verify', folder)
  assert.equal(verified.out, out.replace('Backed up and verified', 'Whole'))
})

test('a backup made while writers are busy restores to states that they had', async context => {
  const dataDir = join(temporaryFolder(context), 'data')
  const store = await openEmbeddedStore({ folder: dataDir, ...storeSettings })
  const learners = [
    await teach(dataDir, 'a', settings('linear_regression')),
    await teach(dataDir, 'b', settings('knn_regressor'))
  ]
  const rows = waves(100_000)
  const backup = { isDone: false }
  // As the pipeline does: first all learners learn a row, then the stream moves past it.
  const busy = (async () => {
    for (let taken = 0; !backup.isDone || taken < 300; taken++) {
      for (const learner of learners) await learner.tell(rows[taken]!, { snapshot: taken % 100 === 50 })
      await store.cursors.commit('stream', { index: taken, round: 0 })
    }
  })()
  const folder = join(temporaryFolder(context), 'backup')
  assert.equal((await run(runBackupCommand, folder, '--data-dir', dataDir)).code, 0)
  backup.isDone = true
  await busy
  for (const { writer } of learners) await writer.close()
  await store.close()

  const restored = join(temporaryFolder(context), 'restored')
  const { code, out } = await run(runRestoreCommand, folder, '--data-dir', restored)
  assert.equal(code, 0)
  assert.ok(out.startsWith(`Restored: ${restored}\n`))
  const again = await openEmbeddedStore({ folder: restored, ...storeSettings })
  const { index } = await again.cursors.position('stream')
  await again.close()
  for (const id of ['a', 'b']) {
    const copy = join(restored, 'journal', id)
    const { sequence, machine } = restoreMachine(openJournalReader(copy))
    assert.equal(stateDigest(machine!), digestAt(join(dataDir, 'journal', id), sequence))
    // The settings are the first record, then one for each row.
    assert.ok(sequence - 1 >= index, `${id} has ${sequence - 1} rows, the stream is at ${index}`)
  }
})

/** The epochs of the segments of a journal. */
function epochsIn(path: string): number[] {
  const segments = readdirSync(path).filter(name => name.endsWith('.segment'))
  return segments.map(name => Number(name.split('-')[0]))
}

test('after a restore the next writer has a higher epoch than all before, in the backup and in what was replaced', async context => {
  const folder = await backedUp(context)
  const dataDir = await dataFolder(context)
  const journal = join(dataDir, 'journal', 'linear')
  for (let times = 0; times < 5; times++) {
    const { writer } = await openJournalWriter(journal, { durability: 'os', role: 'takeover' })
    await writer.close()
  }
  const before = Math.max(...epochsIn(journal))
  const { out } = await run(runRestoreCommand, folder, '--data-dir', dataDir, '--force')
  const aside = / {2}what was there before is now (.*)\n$/.exec(out)![1]!
  assert.ok(existsSync(join(aside, 'journal', 'linear')))
  const { writer } = await openJournalWriter(journal, { durability: 'os', role: 'takeover' })
  await writer.close()
  assert.ok(Math.max(...epochsIn(journal)) > before)
})

test('a data folder that is not empty is left alone without --force, and one in use with it', async context => {
  const folder = await backedUp(context)
  const dataDir = await dataFolder(context)
  await assert.rejects(run(runRestoreCommand, folder, '--data-dir', dataDir), {
    code: 'MILL_OPTION_INVALID',
    message: `the data folder ${dataDir} is not empty; --force moves it aside`
  })
  const running = await teach(dataDir, 'other', settings('linear_regression'))
  await assert.rejects(run(runRestoreCommand, folder, '--data-dir', dataDir, '--force'), {
    code: 'MILL_WRITER_TAKEN',
    message: new RegExp(
      `^learner other in ${dataDir} is being taught by process ${process.pid} on .*; stop it, then restore$`
    )
  })
  await running.tell(waves(1)[0]!)
  await running.writer.close()
  assert.deepEqual(readdirSync(join(dataDir, '..')), ['data'])
})

test('an empty data folder and a link to one are filled', async context => {
  const folder = await backedUp(context)
  const parent = temporaryFolder(context)
  mkdirSync(join(parent, 'real'))
  symlinkSync('real', join(parent, 'link'))
  await run(runRestoreCommand, folder, '--data-dir', join(parent, 'link'))
  assert.deepEqual(readdirSync(join(parent, 'real')).toSorted(), ['journal', 'millrace.db', 'pending.db'])
  assert.deepEqual(readdirSync(parent).toSorted(), ['link', 'real'])
})

/** The path of a file of the backup. */
function fileOf(folder: string, learner: string, ending: string): string {
  const parent = join(folder, 'journal', learner)
  return join(
    parent,
    readdirSync(parent).find(name => name.endsWith(ending))!
  )
}

function spoil(path: string): void {
  const bytes = readFileSync(path)
  bytes[Math.floor(bytes.length / 2)]! ^= 1
  writeFileSync(path, bytes)
}

const manifestOf = (folder: string): string => join(folder, 'manifest.json')

/** What may happen to a backup, and what is said of it. */
const damages: Record<string, [(folder: string) => void, RegExp]> = {
  'a changed segment': [
    folder => spoil(fileOf(folder, 'linear', '.segment')),
    /linear\/.*\.segment was changed: its SHA-256/
  ],
  'a changed snapshot': [folder => spoil(fileOf(folder, 'knn', '.snapshot')), /knn\/.*\.snapshot was changed/],
  'a changed database': [folder => spoil(join(folder, 'millrace.db')), /: millrace\.db was changed/],
  'a cut file': [folder => truncateSync(join(folder, 'pending.db'), 100), /: pending\.db has 100 bytes instead of \d+/],
  'a file that is too long': [folder => appendFileSync(join(folder, 'pending.db'), 'x'), /: pending\.db has \d+ bytes/],
  'a missing file': [folder => rmSync(fileOf(folder, 'linear', '.segment')), /: journal\/linear\/.* is missing/],
  'a file too many': [
    folder => writeFileSync(join(folder, 'note.txt'), ''),
    /: note\.txt is not in the manifest\.json/
  ],
  'a link in place of a file': [
    folder => {
      renameSync(join(folder, 'pending.db'), join(folder, '..', 'elsewhere'))
      symlinkSync('../elsewhere', join(folder, 'pending.db'))
    },
    /: pending\.db is neither a file nor a folder; pending\.db is missing/
  ],
  'no manifest': [
    folder => rmSync(manifestOf(folder)),
    /: there is no manifest\.json, so it is no backup, or not a whole one$/
  ],
  'no folder': [folder => rmSync(folder, { recursive: true }), /: does not exist$/],
  'a manifest of something else': [
    folder => writeFileSync(manifestOf(folder), '{"name":"x"}'),
    /is not the manifest of a backup$/
  ],
  'half a manifest': [folder => truncateSync(manifestOf(folder), 200), /is not the manifest of a backup$/],
  'a changed manifest': [
    folder => {
      const text = readFileSync(manifestOf(folder), 'utf8')
      writeFileSync(manifestOf(folder), text.replace('"last_sequence": 31', '"last_sequence": 30'))
    },
    /: manifest\.json was changed after it was written$/
  ],
  'a manifest of a newer Millrace': [
    folder => {
      const text = readFileSync(manifestOf(folder), 'utf8')
      writeFileSync(manifestOf(folder), text.replace('"format": 1', '"format": 2'))
    },
    /was made by a newer Millrace: it has format 2, this one knows up to 1$/
  ],
  'a manifest that leads elsewhere': [
    folder => {
      const manifest = parseManifest(readFileSync(manifestOf(folder), 'utf8'), folder)
      const [file, ...files] = manifest.files
      const text = manifestText({ ...manifest, files: [{ ...file!, path: '../elsewhere' }, ...files] })
      writeFileSync(manifestOf(folder), text)
    },
    /is not the manifest of a backup$/
  ],
  'a manifest of other records': [
    folder => {
      const manifest = parseManifest(readFileSync(manifestOf(folder), 'utf8'), folder)
      const learners = manifest.learners.map(learner => ({ ...learner, last_sequence: 99 }))
      writeFileSync(manifestOf(folder), manifestText({ ...manifest, learners }))
    },
    /: learner knn has records 1 to 61 instead of 1 to 99; learner linear has records 1 to 31 instead of 1 to 99$/
  ]
}

for (const [name, [damage, message]] of Object.entries(damages)) {
  test(`a backup with ${name} is found out, and not restored`, async context => {
    const folder = await backedUp(context)
    damage(folder)
    const expected = { code: 'MILL_BACKUP_INVALID', message }
    await assert.rejects(run(runBackupCommand, '--verify', folder), expected)
    const target = join(temporaryFolder(context), 'target')
    await assert.rejects(run(runRestoreCommand, folder, '--data-dir', target), expected)
    assert.ok(!existsSync(target))
  })
}

test('damage that checksums cannot show, being as old as the backup, is found within the files', async context => {
  const folder = await backedUp(context)
  const manifest = parseManifest(readFileSync(manifestOf(folder), 'utf8'), folder)
  spoil(fileOf(folder, 'linear', '.segment'))
  const files = await Promise.all(
    manifest.files.map(async ({ path }) => ({ path, ...(await fileDigest(join(folder, path))) }))
  )
  writeFileSync(manifestOf(folder), manifestText({ ...manifest, files }))
  await assert.rejects(run(runBackupCommand, '--verify', folder), {
    code: 'MILL_BACKUP_INVALID',
    message: /: learner linear: .*records \d+ to 31 were not synced and are lost/
  })
})

test('a data folder that is damaged makes no backup', async context => {
  const dataDir = await dataFolder(context)
  spoil(fileOf(dataDir, 'linear', '.segment'))
  const folder = join(temporaryFolder(context), 'backup')
  await assert.rejects(run(runBackupCommand, folder, '--data-dir', dataDir), {
    code: 'MILL_JOURNAL_DAMAGED',
    message: /^learner linear: .*records \d+ to 31 were not synced and are lost/
  })
  assert.deepEqual(readdirSync(join(folder, '..')), [])
})

test('Ctrl-C leaves nothing of a backup and nothing of a restore', async context => {
  const dataDir = await dataFolder(context)
  const parent = temporaryFolder(context)
  const stopped = new FakeProcess()
  stopped.onWait = () => stopped.interrupt()
  assert.equal(await runBackupCommand([join(parent, 'backup'), '--data-dir', dataDir], {}, stopped), 130)
  const folder = await backedUp(context)
  assert.equal(await runRestoreCommand([folder, '--data-dir', join(parent, 'restored')], {}, stopped), 130)
  assert.deepEqual(readdirSync(parent), [])
  assert.equal(stopped.stdout.text, '')
})

for (const [args, message] of [
  [[], 'name the folder of the backup to make'],
  [['a', 'b'], 'one folder at a time, got also b'],
  [['--verify'], 'name the folder of the backup to verify'],
  [['--verify', 'a', '--data-dir', 'b'], '--verify and --data-dir exclude each other']
] as const) {
  test(`used wrongly: backup ${args.join(' ')}`, async () => {
    await assert.rejects(run(runBackupCommand, ...args), { code: 'MILL_OPTION_INVALID', message })
  })
}

test('a backup needs a free place outside the data folder', async context => {
  const dataDir = await dataFolder(context)
  const file = join(temporaryFolder(context), 'file')
  writeFileSync(file, '')
  for (const [folder, message] of [
    [dataDir, /^choose a folder outside the data folder /],
    [join(dataDir, 'backup'), /^choose a folder outside the data folder /],
    [join(file, '..'), / is not empty; choose a folder that is, or one that does not exist$/],
    [file, / is a file; choose a folder$/]
  ] as const) {
    await assert.rejects(run(runBackupCommand, folder, '--data-dir', dataDir), { code: 'MILL_OPTION_INVALID', message })
  }
  const beside = `${dataDir}-backup`
  assert.equal((await run(runBackupCommand, beside, '--data-dir', dataDir)).code, 0)
})
