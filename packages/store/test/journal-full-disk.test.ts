import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openJournalWriter, verifyJournal, writeSnapshot } from '../src/index.ts'
import { append } from './journal-appends.ts'
import { temporaryFolder } from './temporary-folder.ts'

test('a small disk that fills up refuses appends and snapshots, loses nothing, and takes them once there is space', async t => {
  const disk = temporaryFolder(t)
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'millrace-test', disk], { encoding: 'utf8' })
  if (mounted.status !== 0) {
    t.skip(`cannot mount a small disk: ${mounted.stderr?.trim() || String(mounted.error)}`)
    return
  }
  try {
    await fillUp(disk)
  } finally {
    spawnSync('umount', [disk])
  }
})

async function fillUp(disk: string): Promise<void> {
  const ballast = join(disk, 'ballast')
  writeFileSync(ballast, Buffer.alloc(256 * 1024))
  const folder = join(disk, 'journal')
  const { writer, reader } = await openJournalWriter(folder, { durability: 'fsync', segmentBytes: 64 * 1024 })
  let acknowledged = 0
  const payload = Buffer.alloc(10_000, 'x')
  const full = { code: 'MILL_STORE_FAILED', message: /\(ENOSPC\): the disk is full; free some space/ }
  await assert.rejects(async () => {
    for (;;) acknowledged = (await append(writer, payload)).first
  }, full)
  assert.ok(acknowledged > 5)
  assert.throws(() => writeSnapshot(folder, { sequence: 1, time: 1, state: payload }), full)
  await assert.rejects(append(writer, payload), full)
  assert.equal([...reader.records(1)].length, acknowledged)
  rmSync(ballast)
  assert.equal((await append(writer, payload)).first, acknowledged + 1)
  writeSnapshot(folder, { sequence: 1, time: 1, state: payload })
  await writer.close()
  const again = await openJournalWriter(folder, { durability: 'fsync' })
  assert.deepEqual(again.notes, [])
  assert.equal(again.writer.lastSequence, acknowledged + 1)
  assert.deepEqual(verifyJournal(folder).problems, [])
  await again.writer.close()
}
