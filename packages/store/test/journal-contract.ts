import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, test } from 'node:test'
import type { JournalReader, JournalWriter, Snapshot } from '../src/index.ts'
import { append, texts } from './journal-appends.ts'

/** A new, empty journal for one test. */
export interface JournalUnderTest {
  writer: JournalWriter
  reader: JournalReader
  writeSnapshot(snapshot: Snapshot): void
  /** Keep the newest snapshot only, and nothing that it holds. */
  prune(): void
  close(): Promise<void>
}

/** What every journal does. `open` makes one with the clock `now`. */
export function journalContract(name: string, open: (now: () => number) => Promise<JournalUnderTest>): void {
  describe(name, () => {
    let time: number
    let journal: JournalUnderTest
    beforeEach(async () => {
      time = 1000
      journal = await open(() => time)
    })
    afterEach(() => journal.close())

    test('an empty journal has no records and begins at 1', () => {
      assert.equal(journal.writer.lastSequence, 0)
      assert.equal(journal.reader.firstSequence(), 1)
      assert.deepEqual([...journal.reader.records(1)], [])
      assert.deepEqual(journal.reader.snapshots(), [])
    })

    test('records are numbered from 1 and read back from any position', async () => {
      assert.deepEqual(await append(journal.writer, 'a'), { first: 1, time: 1000 })
      assert.deepEqual(await append(journal.writer, 'b', '', 'c'), { first: 2, time: 1000 })
      await journal.writer.flush()
      assert.deepEqual(texts(journal.reader.records(1)), ['1 a', '2 b', '3 ', '4 c'])
      assert.deepEqual(texts(journal.reader.records(3)), ['3 ', '4 c'])
      assert.deepEqual(texts(journal.reader.records(5)), [])
      assert.equal(journal.writer.lastSequence, 4)
    })

    test('a payload may be used again once it is appended', async () => {
      const payload = Buffer.from('before')
      const appended = append(journal.writer, payload)
      payload.write('behind')
      await appended
      await journal.writer.flush()
      assert.deepEqual(texts(journal.reader.records(1)), ['1 before'])
    })

    test('listeners are called in the order of their records, with nothing between', async () => {
      const calls: string[] = []
      await new Promise<void>(resolve => {
        for (let index = 1; index <= 5; index++) {
          journal.writer.append([Buffer.from('x')], {
            committed(first) {
              calls.push(`${index}:${first}`)
              queueMicrotask(() => calls.push('microtask'))
              if (index === 5) resolve()
            },
            failed: assert.fail
          })
        }
      })
      assert.deepEqual(calls.slice(0, 5), ['1:1', '2:2', '3:3', '4:4', '5:5'])
    })

    test('what a listener appends is told after it, and follows what was appended before', async () => {
      const calls: string[] = []
      await new Promise<void>(resolve => {
        journal.writer.append([Buffer.from('outer')], {
          committed(first) {
            calls.push(`outer begins ${first}`)
            journal.writer.append([Buffer.from('inner')], {
              committed(inner) {
                calls.push(`inner ${inner}`)
                resolve()
              },
              failed: assert.fail
            })
            calls.push('outer ends')
          },
          failed: assert.fail
        })
      })
      assert.deepEqual(calls, ['outer begins 1', 'outer ends', 'inner 2'])
    })

    test('when a listener is called, the journal ends with its own records', async () => {
      const ends: number[] = []
      const appends = ['a', 'b', 'c'].map(
        text =>
          new Promise<void>(resolve =>
            journal.writer.append([Buffer.from(text), Buffer.from(text)], {
              committed(first) {
                ends.push(journal.writer.lastSequence - first)
                resolve()
              },
              failed: assert.fail
            })
          )
      )
      await Promise.all(appends)
      assert.ok(ends.every(more => more >= 1))
      assert.equal(journal.writer.lastSequence, 6)
    })

    test('times never decrease, whatever the clock does', async () => {
      await append(journal.writer, 'a')
      await journal.writer.flush()
      time = 400
      assert.deepEqual(await append(journal.writer, 'b'), { first: 2, time: 1000 })
      await journal.writer.flush()
      time = 1001
      assert.deepEqual(await append(journal.writer, 'c'), { first: 3, time: 1001 })
      await journal.writer.flush()
      assert.deepEqual(
        [...journal.reader.records(1)].map(record => record.time),
        [1000, 1000, 1001]
      )
    })

    test('counts the bytes of what was written', async () => {
      assert.equal(journal.writer.bytesWritten, 0)
      await append(journal.writer, '12345')
      const one = journal.writer.bytesWritten
      assert.ok(one >= 5)
      await append(journal.writer, '12345', '12345')
      assert.equal(journal.writer.bytesWritten, 3 * one)
    })

    test('has no problem, and refuses appends once it is closed', async () => {
      await append(journal.writer, 'a')
      assert.equal(journal.writer.problem, undefined)
      await journal.writer.close()
      await assert.rejects(append(journal.writer, 'b'), { code: 'MILL_STORE_FAILED' })
      assert.deepEqual(texts(journal.reader.records(1)), ['1 a'])
    })

    test('a close writes what waits', async () => {
      const waiting = append(journal.writer, 'a')
      const closed = journal.writer.close()
      await assert.rejects(append(journal.writer, 'b'), { code: 'MILL_STORE_FAILED' })
      await Promise.all([waiting, closed])
      assert.deepEqual(texts(journal.reader.records(1)), ['1 a'])
    })

    test('snapshots are listed newest first and read back', async () => {
      await append(journal.writer, 'a', 'b', 'c')
      journal.writeSnapshot({ sequence: 1, time: 11, state: Buffer.from('one') })
      journal.writeSnapshot({ sequence: 3, time: 33, state: Buffer.alloc(0) })
      journal.writeSnapshot({ sequence: 2, time: 22, state: Buffer.from('two') })
      const listed = journal.reader.snapshots()
      assert.deepEqual(
        listed.map(({ sequence, time: taken }) => [sequence, taken]),
        [
          [3, 33],
          [2, 22],
          [1, 11]
        ]
      )
      assert.deepEqual(
        listed.map(({ sequence }) => Buffer.from(journal.reader.readSnapshot(sequence)).toString()),
        ['', 'two', 'one']
      )
      assert.throws(() => journal.reader.readSnapshot(4), { code: 'MILL_STORE_FAILED' })
    })

    test('a tail hands out what has come since the last poll', async () => {
      const tail = journal.reader.tail(2)
      assert.deepEqual(tail.poll(), [])
      await append(journal.writer, 'a', 'b')
      await journal.writer.flush()
      assert.deepEqual(texts(tail.poll()), ['2 b'])
      assert.deepEqual(tail.poll(), [])
      await append(journal.writer, 'c')
      await append(journal.writer, 'd')
      await journal.writer.flush()
      assert.deepEqual(texts(tail.poll()), ['3 c', '4 d'])
      assert.deepEqual(tail.poll(), [])
      tail.close()
    })
  })
}
