import assert from 'node:assert/strict'
import { EventEmitter } from 'node:events'
import { test } from 'node:test'
import { createCsvOutput, csvField } from '../src/cli/csv-output.ts'

/** A reader that is slow until it says otherwise. */
class SlowSink extends EventEmitter {
  readonly chunks: string[] = []

  write(text: string): boolean {
    this.chunks.push(text)
    return false
  }
}

test('fields with commas, quotes and line breaks are quoted', () => {
  assert.deepEqual(['plain text', 'a,b', 'say "a"', 'two\nlines', ''].map(csvField), [
    'plain text',
    '"a,b"',
    '"say ""a"""',
    '"two\nlines"',
    ''
  ])
})

test('a slow reader is waited for', async () => {
  const sink = new SlowSink()
  const csv = createCsvOutput(sink, new AbortController().signal)
  assert.equal(csv.line(['a', 'b']), undefined)
  let isFlushed = false
  const flushed = csv.flush().then(() => (isFlushed = true))
  await Promise.resolve()
  assert.deepEqual([sink.chunks, isFlushed], [['a,b\n'], false])
  sink.emit('drain')
  await flushed
  assert.equal(sink.listenerCount('drain'), 0)
})

test('lines gather into larger pieces', async () => {
  const sink = new SlowSink()
  const csv = createCsvOutput(sink, new AbortController().signal)
  let lines = 0
  let waiting: Promise<void> | undefined
  while (waiting === undefined) {
    waiting = csv.line(['x'.repeat(99)])
    lines++
  }
  sink.emit('drain')
  await waiting
  // 100 characters a line, pieces of 65,536.
  assert.deepEqual([lines, sink.chunks.length], [656, 1])
})

test('a reader that is gone is not waited for', async () => {
  const sink = new SlowSink()
  const stop = new AbortController()
  const csv = createCsvOutput(sink, stop.signal)
  void csv.line(['a'])
  const flushed = csv.flush()
  stop.abort()
  await flushed
  assert.equal(sink.listenerCount('drain'), 0)
})
