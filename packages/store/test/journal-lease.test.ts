import assert from 'node:assert/strict'
import { readdirSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { durabilities, openJournalReader, openJournalWriter } from '../src/index.ts'
import { failingFiles } from './failing-files.ts'
import { append, texts } from './journal-appends.ts'
import { journalProcess, lastCommitted } from './journal-process.ts'
import { memoryFolder } from './memory-folder.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { segmentsIn } from './written-journal.ts'

const isFenced = (lines: string[]): boolean => lines.at(-1) === 'MILL_WRITER_FENCED'
/** Resolves once two of `ends` have. */
function twoOf(ends: Promise<unknown>[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  let ended = 0
  const count = (): void => void (++ended === 2 && resolve())
  for (const end of ends) end.then(count, reject)
  return promise
}

const noSignals = process.platform === 'win32' && 'there are no such signals'

test('a second writer is refused, told who the first is, and let in once that has closed', async t => {
  const folder = memoryFolder(t)
  const { writer } = await openJournalWriter(folder, { durability: 'fsync', now: () => 1_700_000_000_000 })
  await assert.rejects(openJournalWriter(folder, { durability: 'fsync' }), {
    code: 'MILL_WRITER_TAKEN',
    message: new RegExp(`process ${process.pid} on ${hostname()} since 2023-11-14T22:13:20.000Z`),
    details: { path: folder, pid: process.pid, host: hostname(), since: 1_700_000_000_000 }
  })
  await append(writer, 'still the writer')
  await writer.close()
  await (await openJournalWriter(folder, { durability: 'fsync' })).writer.close()
})

test('a writer without a readable note about it is still the only one', async t => {
  const folder = memoryFolder(t)
  const { writer } = await openJournalWriter(folder, { durability: 'fsync' })
  for (const note of ['', '{"pid":1', '{"pid":1,"host":"here"}', 'null']) {
    writeFileSync(join(folder, 'writer.json'), note)
    await assert.rejects(openJournalWriter(folder, { durability: 'fsync' }), {
      code: 'MILL_WRITER_TAKEN',
      message: /is written by another process; stop it/,
      details: { path: folder }
    })
  }
  await writer.close()
})

test(
  'a second process is refused while the first lives, however little it does, and let in when it is killed',
  { timeout: 60_000 },
  async t => {
    const folder = temporaryFolder(t)
    const first = journalProcess(t, folder)
    await first.until(lines => lines.length > 0)
    await assert.rejects(openJournalWriter(folder, { durability: 'fsync' }), error => {
      assert.ok(error instanceof Error && 'code' in error && 'details' in error)
      assert.equal(error.code, 'MILL_WRITER_TAKEN')
      assert.equal((error.details as { pid: number }).pid, first.pid)
      return true
    })
    await first.kill()
    await (await openJournalWriter(folder, { durability: 'fsync' })).writer.close()
  }
)

test('of many processes that start together one becomes the writer', { timeout: 60_000 }, async t => {
  const folder = temporaryFolder(t)
  const all = Array.from({ length: 3 }, () => journalProcess(t, folder))
  await Promise.all(all.map(one => one.until(lines => lines.length > 0)))
  const first = all.map(({ lines }) => lines[0])
  assert.equal(first.filter(line => line === 'ready 0').length, 1)
  assert.equal(first.filter(line => line === 'MILL_WRITER_TAKEN').length, 2)
})

test(
  'of many processes that take over together one stays, and what each has acknowledged is there',
  { timeout: 60_000 },
  async t => {
    const folder = temporaryFolder(t)
    const all = Array.from({ length: 3 }, () => journalProcess(t, folder, { role: 'takeover' }))
    // Each either acknowledges something or learns that it was fenced off before it could; only one goes on for ever.
    await Promise.all(all.map(one => one.until(lines => lines.length > 10 || isFenced(lines))))
    await twoOf(all.map(({ ended }) => ended))
    const last = all.filter(({ lines }) => !isFenced(lines))
    assert.equal(last.length, 1)
    await last[0]!.kill()
    const found = new Set(texts(openJournalReader(folder).records(1)))
    for (const { pid, lines } of all) {
      for (const line of lines.filter(one => one.startsWith('committed '))) {
        const sequence = line.split(' ')[1]
        assert.ok(found.has(`${sequence} ${pid} ${sequence}`), `${line} of ${pid}`)
      }
    }
  }
)

for (const durability of durabilities) {
  test(`${durability}: after a takeover the former writer acknowledges nothing, and the new one goes on`, async t => {
    const folder = memoryFolder(t)
    const former = await openJournalWriter(folder, { durability })
    await append(former.writer, 'one')
    await former.writer.flush()
    const latter = await openJournalWriter(folder, { durability, role: 'takeover' })
    if (durability === 'none') {
      // Committed before anything can be known, and lost: that durability promises no more.
      await append(former.writer, 'lost')
      await former.writer.flush()
    } else await assert.rejects(append(former.writer, 'refused'), { code: 'MILL_WRITER_FENCED' })
    await assert.rejects(append(former.writer, 'refused'), { code: 'MILL_WRITER_FENCED' })
    assert.equal((former.writer.problem as { code: string }).code, 'MILL_WRITER_FENCED')
    assert.equal((await append(latter.writer, 'two')).first, 2)
    await former.writer.close()
    await latter.writer.close()
    assert.deepEqual(texts(latter.reader.records(1)), ['1 one', '2 two'])
  })
}

test('of two that take over at once the earlier one is fenced off, also while it begins, and the later one is not', async t => {
  const folder = memoryFolder(t)
  const begun = (count: number): boolean =>
    readdirSync(folder).filter(name => name.endsWith('.segment.tmp')).length === count
  const [slow, slower] = [failingFiles(), failingFiles()]
  const [goOn, goOnAsWell] = [slow.hold('fdatasync'), slower.hold('fdatasync')]
  const first = openJournalWriter(folder, { durability: 'fsync', role: 'takeover', files: slow.files })
  while (!begun(1)) await setImmediate()
  const second = openJournalWriter(folder, { durability: 'fsync', role: 'takeover', files: slower.files })
  while (!begun(2)) await setImmediate()
  goOn()
  await assert.rejects(first, { code: 'MILL_WRITER_FENCED' })
  goOnAsWell()
  const { writer } = await second
  assert.equal((await append(writer, 'one')).first, 1)
  await writer.close()
})

test('a writer that took over before another is fenced off when that one has removed what it had begun', async t => {
  const folder = memoryFolder(t)
  const slow = failingFiles()
  const goOn = slow.hold('fdatasync')
  const earlier = openJournalWriter(folder, { durability: 'fsync', role: 'takeover', files: slow.files })
  while (!readdirSync(folder).some(name => name.endsWith('.segment.tmp'))) await setImmediate()
  const { writer } = await openJournalWriter(folder, { durability: 'fsync', role: 'takeover' })
  goOn()
  await assert.rejects(earlier, { code: 'MILL_WRITER_FENCED' })
  await writer.close()
})

test('appends that wait when another takes over fail all', async t => {
  const folder = memoryFolder(t)
  const former = await openJournalWriter(folder, { durability: 'fsync' })
  const waiting = Promise.allSettled(['a', 'b', 'c'].map(text => append(former.writer, text)))
  const latter = await openJournalWriter(folder, { durability: 'fsync', role: 'takeover' })
  for (const outcome of await waiting) {
    assert.equal(outcome.status, 'rejected')
    assert.equal((outcome.reason as { code: string }).code, 'MILL_WRITER_FENCED')
  }
  assert.deepEqual(texts(latter.reader.records(1)), [])
  await former.writer.close()
  await latter.writer.close()
})

test('what a former writer begins after a takeover is void, even if it had not written yet and the new one has not', async t => {
  const folder = memoryFolder(t)
  const first = await openJournalWriter(folder, { durability: 'fsync' })
  await append(first.writer, 'one')
  await first.writer.close()
  const { files, hold } = failingFiles()
  const idle = await openJournalWriter(folder, { durability: 'fsync', files })
  const goOn = hold('open')
  const late = append(idle.writer, 'late')
  // Its append has begun, after a look at the epoch, once a turn of the event loop is over.
  await setImmediate()
  const latter = await openJournalWriter(folder, { durability: 'fsync', role: 'takeover' })
  goOn()
  await assert.rejects(late, { code: 'MILL_WRITER_FENCED' })
  assert.match(segmentsIn(folder)[0]!, /^00000002-/) // the former writer's, of the second epoch
  assert.deepEqual(texts(latter.reader.records(1)), ['1 one'])
  assert.equal((await append(latter.writer, 'two')).first, 2)
  assert.deepEqual(texts(latter.reader.records(1)), ['1 one', '2 two'])
  await idle.writer.close()
  await latter.writer.close()
})

test(
  'a process that slept through a takeover never acknowledges again',
  { skip: noSignals, timeout: 60_000 },
  async t => {
    const folder = temporaryFolder(t)
    const sleeper = journalProcess(t, folder)
    await sleeper.until(lines => lines.length > 20)
    sleeper.signal('SIGSTOP')
    const { writer, reader } = await openJournalWriter(folder, { durability: 'fsync', role: 'takeover' })
    const found = writer.lastSequence
    const { first } = await append(writer, 'mine')
    sleeper.signal('SIGCONT')
    await sleeper.ended
    assert.equal(sleeper.lines.at(-1), 'MILL_WRITER_FENCED')
    // Nothing but what was there before, though its last report may have been held up by the sleep.
    assert.ok(lastCommitted(sleeper) <= found)
    assert.equal(first, found + 1)
    await append(writer, 'mine too')
    await writer.close()
    const records = texts(reader.records(1))
    assert.deepEqual(
      records.slice(0, found),
      records.slice(0, found).map((_, index) => `${index + 1} ${sleeper.pid} ${index + 1}`)
    )
    assert.deepEqual(records.slice(found), [`${found + 1} mine`, `${found + 2} mine too`])
  }
)

test(
  'a writer that took over gets the lock when the former one gives it up',
  { skip: noSignals, timeout: 60_000 },
  async t => {
    t.mock.timers.enable({ apis: ['setInterval'] })
    const folder = memoryFolder(t)
    const former = await openJournalWriter(folder, { durability: 'fsync' })
    const latter = await openJournalWriter(folder, { durability: 'fsync', role: 'takeover', now: () => 77 })
    await assert.rejects(append(former.writer, 'refused'), { code: 'MILL_WRITER_FENCED' })
    t.mock.timers.tick(1000)
    await assert.rejects(openJournalWriter(folder, { durability: 'fsync' }), error => {
      assert.ok(error instanceof Error && 'details' in error)
      assert.equal((error.details as { since: number }).since, 77)
      return true
    })
    await former.writer.close()
    await latter.writer.close()
  }
)

test('what is acknowledged is there after a kill at any moment', { skip: noSignals, timeout: 60_000 }, async t => {
  for (const durability of durabilities.filter(one => one !== 'none')) {
    const folder = join(temporaryFolder(t), durability)
    let acknowledged = 0
    for (const round of [1, 2]) {
      const child = journalProcess(t, folder, { durability })
      await child.until(lines => lines.length > 15 * round)
      await child.kill()
      assert.equal(child.lines[0], `ready ${Number(child.lines[1]!.split(' ')[1]) - 1}`)
      assert.ok(Number(child.lines[0].split(' ')[1]) >= acknowledged)
      acknowledged = lastCommitted(child)
    }
    const records = [...openJournalReader(folder).records(1)]
    assert.ok(records.length >= acknowledged)
  }
})

test('starting and stopping without an append leaves no segment behind', async t => {
  const folder = memoryFolder(t)
  for (let start = 0; start < 3; start++) {
    const { writer } = await openJournalWriter(folder, { durability: 'fsync' })
    if (start === 0) await append(writer, 'one')
    await writer.close()
  }
  assert.equal(segmentsIn(folder).length, 1)
})

test('being killed without an append leaves one segment behind, however often', async t => {
  const folder = temporaryFolder(t)
  for (let start = 0; start < 3; start++) {
    // The former one still has the lock, as a stopped process would.
    const { writer } = await openJournalWriter(folder, { durability: 'fsync', role: 'takeover' })
    t.after(() => writer.close())
    if (start === 0) await append(writer, 'one')
  }
  assert.equal(segmentsIn(folder).length, 1)
  assert.deepEqual(texts(openJournalReader(folder).records(1)), ['1 one'])
  assert.ok(readdirSync(folder).includes('epoch'))
})
