import assert from 'node:assert/strict'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { type AppendListener, type JournalWriter, memoryJournal } from '@millrace/store'
import { PublishQueue } from '../../../src/experiments/ledger/publish-queue.ts'
import { nameOfRecord, RecordWriter } from '../../../src/experiments/ledger/record-codec.ts'
import { RunLog } from '../../../src/experiments/ledger/run-log.ts'

const nothing = { committed: () => undefined }

function record(unit: number): Buffer {
  const writer = new RecordWriter()
  writer.exposure('e', unit, unit, 0, false, 1)
  return writer.take({ run: '0'.repeat(16), number: 1 })
}

/** A journal whose next appends fail. */
function failing(): { writer: JournalWriter; failures: number } {
  const { writer } = memoryJournal()
  const state = {
    failures: 0,
    writer: {
      ...writer,
      lastSequence: 0,
      bytesWritten: 0,
      problem: undefined,
      flush: async () => undefined,
      close: async () => undefined,
      append(payloads: readonly Uint8Array[], listener: AppendListener) {
        if (state.failures-- > 0) listener.failed(new MillraceError('MILL_STORE_FAILED', 'the disk is full'))
        else writer.append(payloads, listener)
      }
    }
  }
  return state
}

test('records wait until there is a journal, and are numbered as they are written', () => {
  const told: [number, number][] = []
  const log = new RunLog((number, { length }) => told.push([number, length]))
  log.append(record(1), nothing)
  log.append(record(2), nothing)
  assert.equal(told.length, 0)
  const { writer, reader } = memoryJournal()
  log.attach(writer)
  log.append(record(3), nothing)
  assert.deepEqual(
    [...reader.records(1)].map(({ payload }) => nameOfRecord(payload)),
    [1, 2, 3].map(number => ({ run: '0'.repeat(16), number }))
  )
  assert.deepEqual(
    told.map(([number]) => number),
    [1, 2, 3]
  )
})

test('what cannot be written is written later, under another number; but who waits for it is told', async () => {
  const numbers: number[] = []
  const log = new RunLog(number => numbers.push(number))
  const journal = failing()
  log.attach(journal.writer)
  journal.failures = 2
  log.append(record(1), nothing)
  const failed: unknown[] = []
  log.append(record(2), { ...nothing, failed: error => failed.push(error) })
  assert.equal((failed[0] as MillraceError).code, 'MILL_STORE_FAILED')
  assert.ok(log.problem)
  assert.ok(log.isBehind)
  await log.flush()
  assert.deepEqual(numbers, [3])
  assert.equal(log.problem, undefined)
  assert.equal(log.isBehind, false)
  log.close()
})

test('who waits for a record is told when there is no journal, and other records wait on', () => {
  const numbers: number[] = []
  const log = new RunLog(number => numbers.push(number))
  const failed: unknown[] = []
  log.append(record(1), nothing)
  log.append(record(2), { ...nothing, failed: error => failed.push(error) })
  log.refuse('away')
  assert.deepEqual(failed, ['away'])
  log.attach(memoryJournal().writer)
  assert.deepEqual(numbers, [1])
})

test('whoever waits is told when there is too much that waits', () => {
  const log = new RunLog(() => undefined)
  const told: string[] = []
  const quarter = Buffer.alloc(16 * 2 ** 20)
  log.append(quarter, { committed: nothing.committed, lost: () => told.push('lost') })
  log.append(quarter, { committed: nothing.committed, failed: error => told.push((error as MillraceError).code) })
  for (let more = 0; more < 3; more++) log.append(quarter, nothing)
  assert.deepEqual(told, ['lost'])
  log.append(quarter, nothing)
  assert.deepEqual(told, ['lost', 'MILL_STORE_FAILED'])
  assert.equal(log.lost, 2)
})

test('a queue passes records on in order, and gives up what is too much', () => {
  const queue = new PublishQueue(4)
  for (const number of [5, 6, 8]) queue.add(number, Buffer.alloc(10))
  assert.deepEqual([queue.next().previous, queue.next().records.map(({ number }) => number)], [4, [5, 6, 8]])
  queue.done(6)
  assert.deepEqual([queue.next().previous, queue.next().records.map(({ number }) => number), queue.bytes], [6, [8], 10])
  queue.add(9, Buffer.alloc(17 * 2 ** 20))
  assert.deepEqual([queue.next().previous, queue.length, queue.bytes], [9, 0, 0])
})
