import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { type Database, openDatabase, sqliteCursorStore, sqliteSeriesStore } from '../src/index.ts'
import { migrate } from '../src/schema.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Asserts that `work` fails as a store fails: coded, naming the path and what helps, with the cause kept. */
function failsNaming(path: string, says: RegExp, work: () => unknown): void {
  assert.throws(work, error => {
    assert.ok(error instanceof MillraceError, String(error))
    assert.equal(error.code, 'MILL_STORE_FAILED')
    assert.ok(error.message.includes(path), error.message)
    assert.match(error.message, says)
    assert.deepEqual(error.details, { path })
    return true
  })
}

/** Run `work` as a user that file permissions apply to; they do not to root. */
function unprivileged(work: () => void): void {
  const user = process.geteuid?.()
  if (user === 0) process.seteuid?.(65534)
  try {
    work()
  } finally {
    if (user === 0) process.seteuid?.(0)
  }
}

const withoutPermissions = process.platform === 'win32' && 'file permissions are those of POSIX'

test('makes the folders on the way and says where the file is', t => {
  const path = join(temporaryFolder(t), 'a', 'b', 'state.db')
  const database = openDatabase(path)
  t.after(() => database.close())
  assert.equal(database.path, path)
  assert.ok(existsSync(path))
})

test('a folder in the place of the file is named', t => {
  const folder = temporaryFolder(t)
  failsNaming(folder, /could not be opened/, () => openDatabase(folder))
})

test('a file in the place of the folder is named', t => {
  const folder = temporaryFolder(t)
  writeFileSync(join(folder, 'file'), '')
  for (const path of [join(folder, 'file', 'state.db'), join(folder, 'file', 'deeper', 'state.db')]) {
    failsNaming(path, /needs the folder .*a file is in its place/, () => openDatabase(path))
  }
})

test('a path that is none is refused with a code', t => {
  const path = join(temporaryFolder(t), 'a\0b', 'state.db')
  failsNaming(path, /needs the folder/, () => openDatabase(path))
})

test('a read-only file is refused when it is opened', { skip: withoutPermissions }, t => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'state.db')
  openDatabase(path).close()
  chmodSync(folder, 0o755)
  chmodSync(path, 0o444)
  unprivileged(() => failsNaming(path, /is read-only; make the file/, () => openDatabase(path)))
})

test('a folder that is not writable is refused', { skip: withoutPermissions }, t => {
  const folder = temporaryFolder(t)
  chmodSync(folder, 0o555)
  unprivileged(() => {
    failsNaming(join(folder, 'state.db'), /could not be opened/, () => openDatabase(join(folder, 'state.db')))
    const deeper = join(folder, 'new', 'state.db')
    failsNaming(deeper, /\(EACCES\): make the parent folder writable/, () => openDatabase(deeper))
  })
})

test('a file that is no database is refused and left as it is', t => {
  const path = join(temporaryFolder(t), 'state.db')
  const text = 'input,target\n1949-01,112\n'.repeat(100)
  writeFileSync(path, text)
  failsNaming(path, /is not a SQLite database/, () => openDatabase(path))
  assert.equal(readFileSync(path, 'utf8'), text)
})

test('a damaged database is refused', t => {
  const path = join(temporaryFolder(t), 'state.db')
  openDatabase(path).close()
  const bytes = readFileSync(path)
  bytes.fill(0xff, 100, 4096) // the first page after the file header: the list of tables
  writeFileSync(path, bytes)
  failsNaming(path, /is damaged; restore it/, () => openDatabase(path))
})

test('a database of another program is refused and left alone', t => {
  const path = join(temporaryFolder(t), 'state.db')
  const other = new DatabaseSync(path)
  other.exec('CREATE TABLE theirs (x)')
  other.close()
  failsNaming(path, /belongs to another program/, () => openDatabase(path))
})

test('a newer schema is refused, naming both versions', t => {
  const path = join(temporaryFolder(t), 'state.db')
  openDatabase(path).close()
  const newer = new DatabaseSync(path)
  newer.exec('PRAGMA user_version = 999')
  newer.close()
  failsNaming(path, /has schema version 999, this Millrace knows up to \d+/, () => openDatabase(path))
})

test('a migration takes only the steps a file has not taken', t => {
  const path = join(temporaryFolder(t), 'state.db')
  const connection = new DatabaseSync(path)
  t.after(() => connection.close())
  const first = 'CREATE TABLE a (x)'
  const migrateTo = (...steps: string[]): void => migrate(connection, path, { applicationId: 1, steps })
  migrateTo(first)
  connection.exec('INSERT INTO a VALUES (1)')
  migrateTo(first)
  migrateTo(first, 'ALTER TABLE a ADD COLUMN y DEFAULT 2', 'CREATE TABLE b (z)')
  assert.deepEqual({ ...connection.prepare('SELECT * FROM a').get() }, { x: 1, y: 2 })
  assert.deepEqual({ ...connection.prepare('PRAGMA user_version').get() }, { user_version: 3 })
})

test('opens in write-ahead mode, where a finished transaction outlives the process', t => {
  const database = openDatabase(join(temporaryFolder(t), 'state.db'))
  t.after(() => database.close())
  assert.deepEqual({ ...database.prepare('PRAGMA journal_mode').get() }, { journal_mode: 'wal' })
  assert.deepEqual({ ...database.prepare('PRAGMA synchronous').get() }, { synchronous: 1 })
})

test('a write that throws leaves nothing behind and the database usable', async t => {
  const database = openDatabase(join(temporaryFolder(t), 'state.db'))
  t.after(() => database.close())
  const insert = database.prepare("INSERT INTO cursors (stream, position) VALUES ('s', 7)")
  const problem = new TypeError('a mistake')
  assert.throws(
    () =>
      database.write(() => {
        insert.run()
        throw problem
      }),
    problem
  )
  assert.deepEqual(await sqliteCursorStore(database).position('s'), { index: 0, round: 0 })
  assert.deepEqual(await sqliteCursorStore(database).advance('s', 1), { index: 0, round: 0 })
})

/** Opens a database with one value in it. */
async function filled(path: string, options?: { busyTimeoutMs: number }): Promise<Database> {
  const database = openDatabase(path, options)
  await sqliteSeriesStore(database).push({ seriesId: 's', value: 1, keep: 5 })
  return database
}

test('a full disk fails the call, stores nothing of it, and is over when there is space again', async t => {
  const path = join(temporaryFolder(t), 'state.db')
  const database = await filled(path)
  t.after(() => database.close())
  const store = sqliteSeriesStore(database)
  const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count'])
  database.prepare(`PRAGMA max_page_count = ${pages}`).get()
  const tooLong = 'x'.repeat(100_000)
  await assert.rejects(store.push({ seriesId: tooLong, value: 1, keep: 5 }), {
    code: 'MILL_STORE_FAILED',
    message: /state\.db could not grow because the disk is full; free some space/
  })
  assert.equal(await store.read(tooLong), undefined)
  database.prepare('PRAGMA max_page_count = 1000000').get()
  assert.deepEqual((await store.push({ seriesId: tooLong, value: 1, keep: 5 })).earlier, [])
})

test('a database that became read-only fails the call with the cause kept', async t => {
  const database = await filled(join(temporaryFolder(t), 'state.db'))
  t.after(() => database.close())
  database.prepare('PRAGMA query_only = 1').get()
  await assert.rejects(sqliteSeriesStore(database).push({ seriesId: 's', value: 2, keep: 5 }), (error: unknown) => {
    assert.ok(error instanceof MillraceError)
    assert.equal(error.code, 'MILL_STORE_FAILED')
    assert.match(error.message, /is read-only/)
    assert.ok(error.cause instanceof Error && 'errcode' in error.cause && error.cause.errcode === 8)
    return true
  })
  assert.deepEqual(await sqliteSeriesStore(database).read('s'), [1])
})

test('a lock held for longer than the busy timeout fails the call, and readers do not wait for it', async t => {
  const path = join(temporaryFolder(t), 'state.db')
  const database = await filled(path, { busyTimeoutMs: 0 })
  const holder = new DatabaseSync(path)
  t.after(() => {
    holder.close()
    database.close()
  })
  holder.exec('BEGIN IMMEDIATE')
  const store = sqliteSeriesStore(database)
  await assert.rejects(store.push({ seriesId: 's', value: 2, keep: 5 }), {
    code: 'MILL_STORE_FAILED',
    message: /is locked by another program/
  })
  failsNaming(path, /is locked by another program/, () => openDatabase(path, { busyTimeoutMs: 0 }))
  assert.deepEqual(await store.read('s'), [1])
  holder.exec('ROLLBACK')
  assert.deepEqual((await store.push({ seriesId: 's', value: 2, keep: 5 })).earlier, [1])
})

test('after closing, calls fail with a code and closing again does nothing', async t => {
  const database = await filled(join(temporaryFolder(t), 'state.db'))
  const series = sqliteSeriesStore(database)
  const cursors = sqliteCursorStore(database)
  database.close()
  database.close()
  const closed = { code: 'MILL_STORE_FAILED', message: /is closed; open it again/ }
  await assert.rejects(series.push({ seriesId: 's', value: 1, keep: 1 }), closed)
  await assert.rejects(series.read('s'), closed)
  await assert.rejects(series.list(1), closed)
  await assert.rejects(cursors.advance('s', 1), closed)
  await assert.rejects(cursors.position('s'), closed)
  await assert.rejects(cursors.reset('s'), closed)
})

test('refuses a busy timeout that is no integer >= 0', t => {
  const path = join(temporaryFolder(t), 'state.db')
  for (const busyTimeoutMs of [-1, 1.5, Number.NaN]) {
    assert.throws(() => openDatabase(path, { busyTimeoutMs }), { code: 'MILL_OPTION_INVALID' })
  }
  assert.ok(!existsSync(path))
})
