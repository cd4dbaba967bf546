import assert from 'node:assert/strict'
import { test } from 'node:test'
import { RequestLog } from '../../../src/experiments/ledger/request-log.ts'
import { silent } from './ledger-setup.ts'

test('requests are written once there is a disk, also when more came before than can be gathered', async t => {
  t.mock.timers.enable({ apis: ['setTimeout'] })
  const time = 1_800_000_000_000
  const log = new RequestLog({ limits: { ttlMs: 1000, limit: 1000 }, log: silent, now: () => time })
  const experiment = log.window.numberOf('e')
  const come = (first: number): void => log.add({ first, second: 1 }, { first, second: 2 }, experiment, 0, time)
  // Some 20 bytes each, of which 4 MiB are gathered.
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
