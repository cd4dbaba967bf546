import assert from 'node:assert/strict'
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { openDatabase } from '../src/database.ts'
import { migrate, pendingSchema } from '../src/schema.ts'
import { sqliteCursors } from '../src/sqlite-cursors.ts'
import { sqliteObservationIds } from '../src/sqlite-observation-ids.ts'
import { sqliteSeries } from '../src/sqlite-series.ts'
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

test('a database of Millrace that holds other things is refused', t => {
  const path = join(temporaryFolder(t), 'state.db')
  openDatabase(path).close()
  failsNaming(path, /belongs to another program/, () => openDatabase(path, { schema: pendingSchema }))
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

test('syncs every transaction to the disk when it is told to', t => {
  const database = openDatabase(join(temporaryFolder(t), 'state.db'), { synchronous: 'FULL' })
  t.after(() => database.close())
  assert.deepEqual({ ...database.prepare('PRAGMA synchronous').get() }, { synchronous: 2 })
})

/** Opens a database with a table of numbers. */
function numbersIn(path: string, options?: { busyTimeoutMs: number }) {
  const database = openDatabase(path, options)
  database.write(() => database.prepare('CREATE TABLE IF NOT EXISTS numbers (n)').run())
  const insert = database.prepare('INSERT INTO numbers VALUES (?)')
  const select = database.prepare('SELECT n FROM numbers ORDER BY n')
  return {
    database,
    insert: (number: number) => void insert.run(number),
    all: () => database.read(() => select.all().map(row => row['n']))
  }
}

const mistake = new TypeError('a mistake')

function fail(): never {
  throw mistake
}

test('a write that throws leaves nothing behind and the database usable', t => {
  const { database, insert, all } = numbersIn(join(temporaryFolder(t), 'state.db'))
  t.after(() => database.close())
  const failing = () =>
    database.write(() => {
      insert(1)
      fail()
    })
  assert.throws(failing, mistake)
  assert.deepEqual(all(), [])
  database.write(() => insert(2))
  assert.deepEqual(all(), [2])
})

test('a nested part that throws undoes itself alone', t => {
  const { database, insert, all } = numbersIn(join(temporaryFolder(t), 'state.db'))
  t.after(() => database.close())
  database.write(() => {
    insert(1)
    for (const number of [2, 3]) {
      const failing = () =>
        database.nested(() => {
          insert(number)
          fail()
        })
      assert.throws(failing, mistake)
    }
    database.nested(() => insert(4))
    assert.ok(database.isWriting)
  })
  assert.deepEqual(all(), [1, 4])
  assert.ok(!database.isWriting)
})

test('a full disk fails the write, stores nothing of it, and is over when there is space again', t => {
  const path = join(temporaryFolder(t), 'state.db')
  const { database, insert, all } = numbersIn(path)
  t.after(() => database.close())
  const insertBlob = database.prepare('INSERT INTO numbers VALUES (zeroblob(100000))')
  const pages = Number(database.prepare('PRAGMA page_count').get()?.['page_count'])
  database.prepare(`PRAGMA max_page_count = ${pages}`).get()
  const write = () =>
    database.write(() => {
      insert(1)
      insertBlob.run()
    })
  failsNaming(path, /could not grow because the disk is full; free some space/, write)
  assert.deepEqual(all(), [])
  database.prepare('PRAGMA max_page_count = 1000000').get()
  write()
  assert.equal(all().length, 2)
})

test('a database that became read-only fails the write with the cause kept, and can be read', t => {
  const { database, insert, all } = numbersIn(join(temporaryFolder(t), 'state.db'))
  t.after(() => database.close())
  database.write(() => insert(1))
  database.prepare('PRAGMA query_only = 1').get()
  assert.throws(
    () => database.write(() => insert(2)),
    (error: unknown) => {
      assert.ok(error instanceof MillraceError)
      assert.equal(error.code, 'MILL_STORE_FAILED')
      assert.match(error.message, /is read-only/)
      assert.ok(error.cause instanceof Error && 'errcode' in error.cause && error.cause.errcode === 8)
      return true
    }
  )
  assert.deepEqual(all(), [1])
})

test('a lock held for longer than the busy timeout fails the write, and readers do not wait for it', t => {
  const path = join(temporaryFolder(t), 'state.db')
  const { database, insert, all } = numbersIn(path, { busyTimeoutMs: 0 })
  database.write(() => insert(1))
  const holder = new DatabaseSync(path)
  t.after(() => {
    holder.close()
    database.close()
  })
  holder.exec('BEGIN IMMEDIATE')
  failsNaming(path, /is locked by another program/, () => database.write(() => insert(2)))
  failsNaming(path, /is locked by another program/, () => openDatabase(path, { busyTimeoutMs: 0 }))
  assert.deepEqual(all(), [1])
  holder.exec('ROLLBACK')
  database.write(() => insert(2))
  assert.deepEqual(all(), [1, 2])
})

test('after closing, calls fail with a code and closing again does nothing', t => {
  const path = join(temporaryFolder(t), 'state.db')
  const { database, insert, all } = numbersIn(path)
  database.close()
  database.close()
  failsNaming(path, /is closed; open it again/, () => database.write(() => insert(1)))
  failsNaming(path, /is closed; open it again/, () => all())
  failsNaming(path, /is closed; open it again/, () => database.prepare('SELECT 1'))
})

test('refuses a busy timeout that is no integer >= 0', t => {
  const path = join(temporaryFolder(t), 'state.db')
  for (const busyTimeoutMs of [-1, 1.5, Number.NaN]) {
    assert.throws(() => openDatabase(path, { busyTimeoutMs }), { code: 'MILL_OPTION_INVALID' })
  }
  assert.ok(!existsSync(path))
})

/** A file as Millrace 0.1 left it, with two series and a cursor. */
function fileOfVersion1(path: string): void {
  const connection = new DatabaseSync(path)
  connection.exec(
    `PRAGMA journal_mode = WAL;
     CREATE TABLE series (
       series_id ANY NOT NULL PRIMARY KEY,
       change INTEGER NOT NULL,
       lags BLOB NOT NULL CHECK (length(lags) > 0 AND length(lags) % 8 = 0)
     ) STRICT;
     CREATE UNIQUE INDEX series_by_change ON series (change);
     CREATE TABLE cursors (
       stream ANY NOT NULL PRIMARY KEY,
       position INTEGER NOT NULL
     ) STRICT;
     INSERT INTO series VALUES ('new', 7, x'000000000000f03f'), ('old', 3, x'00000000000000400000000000000080');
     INSERT INTO cursors VALUES ('sample', 17);
     PRAGMA application_id = 0x4d696c6c;
     PRAGMA user_version = 1`
  )
  connection.close()
}

test('what an earlier Millrace kept is there after opening', t => {
  const path = join(temporaryFolder(t), 'state.db')
  fileOfVersion1(path)
  const database = openDatabase(path)
  t.after(() => database.close())
  const series = sqliteSeries(database, sqliteObservationIds(database, 10))
  assert.deepEqual(series.list(9), [
    { seriesId: 'new', length: 1, latestValue: 1 },
    { seriesId: 'old', length: 2, latestValue: 2 }
  ])
  assert.deepEqual(series.read('old'), [2, -0])
  assert.deepEqual(sqliteCursors(database).position('sample'), { index: 17, round: 0 })
  const pushed = database.write(() => series.push({ seriesId: 'old', value: 3, keep: 2, observationId: 'x' }))
  assert.deepEqual(pushed.earlier, [2, -0])
  assert.equal(series.list(1)[0]?.seriesId, 'old')
})
