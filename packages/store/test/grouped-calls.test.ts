import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { test, type TestContext } from 'node:test'
import { openDatabase } from '../src/database.ts'
import { type CallOutcome, GroupedCalls } from '../src/grouped-calls.ts'
import { memoryFolder } from './memory-folder.ts'

/** Calls over a table of different numbers; each tells what became of it by its name, in order. */
function desk(context: TestContext, busyTimeoutMs = 5000) {
  const path = join(memoryFolder(context), 'state.db')
  const database = openDatabase(path)
  context.after(() => database.close())
  database.write(() => database.prepare('CREATE TABLE numbers (n UNIQUE)').run())
  const insert = database.prepare('INSERT INTO numbers VALUES (?)')
  const select = database.prepare('SELECT n FROM numbers ORDER BY n')
  const calls = new GroupedCalls(database, busyTimeoutMs)
  const told: [string, unknown][] = []
  function add(name: string, isWrite: boolean, run: () => unknown): void {
    calls.add({ isWrite, run, answer: outcome => told.push([name, summary(outcome)]) })
  }
  return {
    path,
    database,
    calls,
    told,
    write: (name: string, ...numbers: number[]) =>
      add(name, true, () => {
        for (const number of numbers) insert.run(number)
        return 'written'
      }),
    run: (name: string, work: () => unknown) => add(name, true, work),
    read: (name: string) => add(name, false, () => select.all().map(row => row['n']))
  }
}

function summary(outcome: CallOutcome): unknown {
  if (!('error' in outcome)) return outcome.result
  return outcome.error instanceof Error && 'code' in outcome.error ? outcome.error.code : outcome.error
}

test('calls that wait are one transaction, and each sees those before it', t => {
  const { calls, told, write, read, path } = desk(t)
  const other = new DatabaseSync(path)
  t.after(() => other.close())
  const seen = () => other.prepare('SELECT count(*) AS seen FROM numbers').get()?.['seen']
  write('a', 1)
  calls.add({ isWrite: true, run: seen, answer: outcome => told.push(['seen by others', summary(outcome)]) })
  read('b')
  write('c', 2)
  assert.ok(!calls.isIdle)
  assert.deepEqual(told, [])
  calls.run()
  assert.ok(calls.isIdle)
  assert.deepEqual(told, [
    ['a', 'written'],
    ['seen by others', 0],
    ['b', [1]],
    ['c', 'written']
  ])
  assert.equal(seen(), 2)
})

test('a call that throws undoes itself, and no other', t => {
  const { calls, told, write, read } = desk(t)
  write('a', 1)
  write('b', 2, 1)
  write('c', 3)
  read('d')
  calls.run()
  assert.deepEqual(told, [
    ['a', 'written'],
    ['b', 'MILL_STORE_FAILED'],
    ['c', 'written'],
    ['d', [1, 3]]
  ])
})

test('when the transaction fails, its writes fail, and its reads see nothing of them', t => {
  const { calls, told, write, read, run, database } = desk(t)
  write('before', 1)
  calls.run()
  write('a', 2)
  read('b')
  // What a disk that is full does: SQLite itself takes the whole transaction back.
  run('c', () => {
    database.prepare('ROLLBACK').run()
    throw new TypeError('the disk is full')
  })
  write('d', 3)
  calls.run()
  const failure = told.find(([name]) => name === 'c')?.[1]
  assert.ok(failure instanceof TypeError)
  assert.deepEqual(told, [
    ['before', 'written'],
    ['a', failure],
    ['b', [1]],
    ['c', failure],
    ['d', failure]
  ])
  write('after', 4)
  calls.run()
  assert.deepEqual(told.at(-1), ['after', 'written'])
})

test('while another process holds the lock, reads are answered and writes wait', t => {
  const { calls, told, write, read, path } = desk(t)
  const holder = new DatabaseSync(path)
  t.after(() => holder.close())
  holder.exec('BEGIN IMMEDIATE')
  write('a', 1)
  read('b')
  calls.run()
  assert.deepEqual(told, [['b', []]])
  read('c')
  write('d', 2)
  calls.run()
  assert.deepEqual(told.at(-1), ['c', []])
  assert.equal(told.length, 2)
  holder.exec('COMMIT')
  calls.run()
  assert.deepEqual(told.slice(2), [
    ['a', 'written'],
    ['d', 'written']
  ])
  assert.ok(calls.isIdle)
})

test('a write fails once the lock of another process has lasted for its patience', t => {
  const { calls, told, write, path } = desk(t, 0)
  const holder = new DatabaseSync(path)
  t.after(() => holder.close())
  holder.exec('BEGIN IMMEDIATE')
  write('a', 1)
  calls.run()
  assert.deepEqual(told, [['a', 'MILL_STORE_FAILED']])
  assert.ok(calls.isIdle)
})

test('of very many calls the first are answered before the last are made', t => {
  const { calls, told, write, read } = desk(t)
  for (let number = 0; number < 1000; number++) write(`a${number}`, number)
  read('b')
  calls.run()
  assert.equal(told.length, 1000)
  assert.ok(!calls.isIdle)
  calls.run()
  assert.equal(told.length, 1001)
  assert.ok(calls.isIdle)
})
