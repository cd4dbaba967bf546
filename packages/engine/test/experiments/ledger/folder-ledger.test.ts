import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import type { ExperimentTally } from '../../../src/experiments/ledger/ledger.ts'
import type { OpenLedger } from '../../../src/experiments/ledger/open-ledger.ts'
import { handClock, ledgerContract, metrics, served, told } from './ledger-contract.ts'
import { ledgerPlace } from './ledger-setup.ts'
import { until } from './until.ts'

ledgerContract('in a folder', (context, options) => ledgerPlace(context).open(options))
ledgerContract('in a folder, with nothing awaited', (context, options) =>
  ledgerPlace(context).open({ ...options, durability: 'none' })
)

const shape = { arms: 2, metrics }

/** Something of everything. */
async function fill(ledger: OpenLedger, prefix = ''): Promise<void> {
  const experiment = ledger.experiment('e', shape)
  for (let unit = 0; unit < 100; unit++) {
    experiment.served(served(unit % 2, `${prefix}${unit}`, { durationMs: unit, isCached: unit % 5 === 0 }))
  }
  for (let unit = 0; unit < 10; unit++) {
    experiment.served(served(1, `${prefix}made-${unit}`, { isGiven: false, prediction: unit % 3 }))
    experiment.failed(0, 3)
  }
  for (let unit = 0; unit < 100; unit += 3) {
    await ledger.outcome(told('spent', unit / 4, `${prefix}${unit}`, { unit: `${prefix}${unit}` }))
    await ledger.outcome(told('bought', unit % 2, `${prefix}${unit}`, { unit: `${prefix}${unit}` }))
  }
  await ledger.outcome(told('right', { label: 1 }, `${prefix}l`, { requestId: `${prefix}made-1` }))
  await ledger.outcome(told('spent', 1, `${prefix}unknown`, { unit: `${prefix}unheard-of` }))
}

function tally(ledger: OpenLedger): ExperimentTally {
  return { ...ledger.experiment('e', shape).tally(), updatedAt: 0 }
}

describe('a ledger in a folder', () => {
  test('makes no folder before there is an experiment', async t => {
    const place = ledgerPlace(t)
    const ledger = await place.open()
    await ledger.close()
    assert.equal(existsSync(place.folder), false)
  })

  test('knows after a restart what it knew, and goes on', async t => {
    const place = ledgerPlace(t)
    const { now } = handClock()
    let ledger = await place.open({ now })
    await fill(ledger)
    const before = tally(ledger)
    for (let start = 0; start < 3; start++) {
      await ledger.close()
      ledger = await place.open({ now })
      assert.deepEqual(tally(ledger), before)
    }
    assert.equal(before.arms[0]!.units, 50)
    assert.equal(before.arms[1]!.units, 60)
    await fill(ledger)
    const { arms, repeatedOutcomes } = tally(ledger)
    assert.equal(arms[0]!.units, 50)
    // Units that cannot come back were others, whatever their ids.
    assert.equal(arms[1]!.units, 70)
    assert.equal(arms[0]!.requests, 100)
    assert.equal(arms[0]!.failures, 20)
    assert.deepEqual(arms[0]!.metrics, before.arms[0]!.metrics)
    assert.equal(repeatedOutcomes, 34 * 2 + 1)
  })

  test('tells of requests that an earlier run served', async t => {
    const place = ledgerPlace(t)
    const first = await place.open()
    first.experiment('e', shape).served(served(1, 'made', { isGiven: false, requestId: 'r', prediction: 'cat' }))
    await first.close()
    const second = await place.open()
    const experiment = second.experiment('e', shape)
    assert.deepEqual(await second.outcome(told('right', { label: 'cat' }, '1', { requestId: 'r' })), [
      { experiment: 'e', arm: 1, isRepeat: false, value: 1 }
    ])
    assert.equal(experiment.tally().arms[1]!.metrics.get('right')!.sum, 1)
  })

  test('begins again from snapshots, and keeps no more of its journal than it needs', async t => {
    const place = ledgerPlace(t)
    const { now } = handClock()
    let ledger = await place.open({ now, snapshotBytes: 1000 })
    for (let round = 0; round < 6; round++) {
      await fill(ledger, String(round))
      await ledger.flush()
      await until(() => ledger.health().snapshots > 0)
      const before = tally(ledger)
      await ledger.close()
      ledger = await place.open({ now, snapshotBytes: 1000 })
      assert.deepEqual(tally(ledger), before)
    }
    const files = readdirSync(join(place.folder, '0'))
    assert.equal(files.filter(name => name.endsWith('.snapshot')).length, 2)
    assert.ok(files.filter(name => name.endsWith('.segment')).length <= 4, files.join(' '))
    assert.equal(tally(ledger).arms[0]!.units, 300)
  })

  test('may be looked at before anything is heard of an experiment, whose snapshots are read and which can be forgotten', async t => {
    const place = ledgerPlace(t)
    const { now } = handClock()
    let ledger = await place.open({ now, snapshotBytes: 1000 })
    assert.equal(tally(ledger).arms[0]!.units, 0)
    await fill(ledger)
    await ledger.flush()
    await until(() => ledger.health().snapshots > 0)
    const before = tally(ledger)
    await ledger.close()
    ledger = await place.open({ now, snapshotBytes: 1000 })
    assert.deepEqual(tally(ledger), before)
    assert.equal(ledger.experiment('e', shape).tally().updatedAt, now())
    await ledger.forget('e')
    assert.equal(tally(ledger).arms[0]!.units, 0)
  })

  test('begins from an older snapshot when the newest is damaged', async t => {
    const place = ledgerPlace(t)
    const { now } = handClock()
    let ledger = await place.open({ now, snapshotBytes: 1000 })
    for (let round = 0; round < 4; round++) {
      await fill(ledger, String(round))
      await ledger.flush()
      await until(() => ledger.health().snapshots > 0)
      await ledger.close()
      ledger = await place.open({ now, snapshotBytes: 1000 })
    }
    const before = tally(ledger)
    await ledger.close()
    const snapshots = readdirSync(join(place.folder, '0')).filter(name => name.endsWith('.snapshot'))
    const newest = join(place.folder, '0', snapshots.toSorted().at(-1)!)
    const bytes = readFileSync(newest)
    bytes[bytes.length - 9]! ^= 1
    writeFileSync(newest, bytes)
    assert.deepEqual(tally(await place.open({ now })), before)
  })

  test('knows what another process on the same folder knows', async t => {
    const place = ledgerPlace(t)
    const { now } = handClock()
    const [one, other] = [await place.open({ now }), await place.open({ now })]
    one.experiment('e', shape)
    other.experiment('e', shape)
    await fill(one, 'a')
    await fill(other, 'b')
    // Of a request that the other has served.
    await one.outcome(told('right', { label: 2 }, 'x', { requestId: 'bmade-2' }))
    // Of a unit that the other has served, before it is known here.
    const unit = other.experiment('e', shape)
    unit.served(served(1, 'late'))
    await one.outcome(told('spent', 8, 'late', { unit: 'late' }))
    await Promise.all([one.flush(), other.flush()])
    await until(() => tally(one).arms[1]!.units === 121 && tally(one).unknownOutcomes === 2)
    await until(() => tally(other).arms[1]!.units === 121 && tally(other).unknownOutcomes === 2)
    assert.deepEqual(tally(one), tally(other))
    assert.equal(tally(one).arms[1]!.metrics.get('right')!.count, 3)
    assert.equal(one.experiment('e', shape).armOf('b7'), 1)
    await Promise.all([one.close(), other.close()])
    const again = await place.open({ now })
    assert.deepEqual(tally(again).arms[0]!.metrics, tally(one).arms[0]!.metrics)
    assert.deepEqual(tally(again), tally(other))
  })

  test('an outcome that cannot be written is refused and not counted, and can be told again', async t => {
    const place = ledgerPlace(t)
    const ledger = await place.open()
    const experiment = ledger.experiment('e', shape)
    experiment.served(served(0, 'a'))
    await ledger.flush()
    await ledger.close()
    await assert.rejects(ledger.outcome(told('spent', 1, '1', { unit: 'a' })), { code: 'MILL_STORE_FAILED' })
    assert.equal(experiment.tally().arms[0]!.metrics.get('spent')!.sum, 0)
    const again = await place.open()
    again.experiment('e', shape)
    assert.deepEqual(await again.outcome(told('spent', 1, '1', { unit: 'a' })), [
      { experiment: 'e', arm: 0, isRepeat: false, value: 1 }
    ])
  })
})
