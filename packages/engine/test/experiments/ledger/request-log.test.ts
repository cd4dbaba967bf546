import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JournalReader } from '@millrace/store'
import { requestRecord } from '../../../src/experiments/ledger/request-codec.ts'
import { RequestLog } from '../../../src/experiments/ledger/request-log.ts'
import { requestMarks, RequestWindow } from '../../../src/experiments/ledger/request-window.ts'
import { silent } from './ledger-setup.ts'

test('requests are written once there is a disk, also when more came before than can be gathered', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const time = 1_800_000_000_000
  const log = new RequestLog({ limits: { ttlMs: 1000, limit: 1000 }, log: silent, now: () => time })
  const experiment = log.window.numberOf('e')
  const come = (first: number): void => log.add({ first, second: 1 }, { first, second: 2 }, experiment, 0, time)
  for (let request = 1; request <= 300_000; request++) come(request)
  t.mock.timers.tick(1000)
  let opened = 0
  log.attach({
    open: () => {
      opened++
      return Promise.reject(new Error('it is enough to be asked'))
    },
    folder: 'nowhere',
    runner: () => Promise.resolve(),
    retentionBytes: 1000
  })
  come(300_001)
  t.mock.timers.tick(1000)
  assert.equal(opened, 1)
})

const hashOf = (first: number) => ({ first, second: 0 })

test('a record that cannot be read takes no other with it', async () => {
  const time = 1_800_000_000_000
  const limits = { ttlMs: 1000, limit: 1000 }
  const recordOf = (request: number): Buffer => {
    const window = new RequestWindow(limits)
    window.add(hashOf(request), hashOf(request), requestMarks(window.numberOf('e'), 1, false, undefined), 0, time)
    return requestRecord(window.last(1), () => 'e')
  }
  const ofAnotherVersion = Buffer.from(recordOf(2)).fill(1, 0, 1)
  const payloads = [recordOf(1), ofAnotherVersion, recordOf(3).subarray(0, -1), recordOf(4)]
  const reader = { firstSequence: () => 1, records: () => payloads.map(payload => ({ payload })) }
  const warnings: unknown[] = []
  const log = new RequestLog({ limits, log: { ...silent, warn: facts => warnings.push(facts) }, now: () => time })
  await log.load(reader as unknown as JournalReader)
  const found = [1, 2, 3, 4].map(request => log.find(hashOf(request), time)?.arm)
  assert.deepEqual(found, [1, undefined, undefined, 1])
  assert.equal(warnings.length, 1)
})
