import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { after, describe, test, type TestContext } from 'node:test'
import type { RedisConnection } from '@millrace/store'
import type { ExperimentTally } from '../../../src/experiments/ledger/ledger.ts'
import type { OpenLedger } from '../../../src/experiments/ledger/open-ledger.ts'
import { connectTo, startRedis, withoutRedis } from '../../../../store/test/redis-server.ts'
import { handClock, ledgerContract, metrics, served, told } from './ledger-contract.ts'
import { type LedgerPlace, ledgerPlace } from './ledger-setup.ts'
import { until } from './until.ts'

const shape = { arms: 2, metrics }
const { now } = handClock()

/** A process with a disk of its own. */
interface Process {
  redis: RedisConnection
  place: LedgerPlace
  ledger: OpenLedger
}

async function start(context: TestContext, server: { port: number }, place = ledgerPlace(context)): Promise<Process> {
  const redis = await connectTo(context, server)
  const ledger = await place.open({ redis, now, streamRecords: 40 })
  ledger.experiment('e', shape)
  return { redis, place, ledger }
}

/** Something of everything, of units of one process and of some that come to all. */
async function fill(ledger: OpenLedger, prefix: string): Promise<void> {
  const experiment = ledger.experiment('e', shape)
  for (let unit = 0; unit < 60; unit++) {
    experiment.served(served(unit % 2, unit % 4 === 0 ? `all-${unit}` : `${prefix}${unit}`))
  }
  for (let unit = 0; unit < 5; unit++) {
    experiment.served(served(1, `${prefix}made-${unit}`, { isGiven: false, prediction: unit }))
    experiment.failed(0, 3)
  }
  const outcomes = Array.from({ length: 20 }, (_, index) => {
    const unit = `${prefix}${3 * index}`
    return [told('spent', index / 4, unit, { unit }), told('bought', index % 2, unit, { unit })]
  })
  await Promise.all(outcomes.flat().map(outcome => ledger.outcome(outcome)))
  await ledger.outcome(told('spent', 5, 'the same everywhere', { unit: 'all-0' }))
}

function tally({ ledger }: Process): ExperimentTally {
  return { ...ledger.experiment('e', shape).tally(), updatedAt: 0 }
}

function units(process: Process): number {
  return tally(process).arms.reduce((sum, arm) => sum + arm.units, 0)
}

/** Resolves once all know the same, and as many units as there are. */
async function untilEqual(processes: readonly Process[], expectedUnits: number): Promise<void> {
  await Promise.all(processes.map(({ ledger }) => ledger.flush()))
  const texts = (): Set<string> => new Set(processes.map(one => JSON.stringify([tally(one), ...sums(one)])))
  await until(() => texts().size === 1 && units(processes[0]!) === expectedUnits)
}

function sums(process: Process): unknown[] {
  return tally(process).arms.map(arm => [...arm.metrics])
}

/** Of n processes that each are filled once: units of their own, those that come to all, and those that cannot come back. */
function unitsOf(fills: number): number {
  return 45 * fills + 15 + 5 * fills
}

describe('ledgers that tell one another by way of Redis', { skip: withoutRedis, timeout: 60_000 }, () => {
  // One server for all of these, with a database for each.
  const closers: (() => unknown)[] = []
  after(async () => {
    for (const close of closers) await close()
  })
  let shared: Promise<{ port: number }> | undefined
  let databases = 0
  ledgerContract('with Redis', async (context, options) => {
    const forAll = { after: (close: () => unknown) => closers.push(close) } as unknown as TestContext
    const { port } = await (shared ??= startRedis(forAll, { settings: ['--databases', '100'] }))
    const redis = await connectTo(context, { port }, { url: `redis://127.0.0.1:${port}/${databases++}` })
    return ledgerPlace(context).open({ ...options, redis })
  })

  test('come to the same, exactly', async t => {
    const server = await startRedis(t)
    const all = [await start(t, server), await start(t, server), await start(t, server)]
    await Promise.all(all.map(({ ledger }, index) => fill(ledger, `p${index}-`)))
    // Of a request that another process served, and of a unit that another process served.
    await all[1]!.ledger.outcome(told('off', { label: 7 }, 'x', { requestId: 'p0-made-3' }))
    await all[2]!.ledger.outcome(told('spent', 1, 'y', { unit: 'p1-7' }))
    await untilEqual(all, unitsOf(3))
    // Of each process five units have another name, and two outcomes.
    await until(() => tally(all[0]!).unknownOutcomes === 30)
    await untilEqual(all, unitsOf(3))
    // |3 - 7|
    assert.equal(tally(all[2]!).arms[1]!.metrics.get('off')!.sum, 4)
    assert.equal(tally(all[0]!).arms[0]!.failures, 15)
    // 20 of each process, one of all together, and one more.
    const counts = tally(all[1]!).arms.map(arm => arm.metrics.get('spent')!.count)
    assert.equal(counts[0]! + counts[1]!, 3 * 15 + 1 + 1)
  })

  test('go on while Redis is killed and comes back with nothing', async t => {
    const server = await startRedis(t)
    const all = [await start(t, server), await start(t, server)]
    await fill(all[0]!.ledger, 'a')
    await untilEqual(all, unitsOf(1))
    await server.kill()
    await until(() => all.every(({ redis }) => !redis.isConnected))
    await Promise.all(all.map(({ ledger }, index) => fill(ledger, `b${index}`)))
    await all[0]!.ledger.flush()
    await server.start()
    await untilEqual(all, unitsOf(3))
  })

  test('put again into Redis what it has lost', async t => {
    const server = await startRedis(t)
    const [one, other] = [await start(t, server), await start(t, server)]
    await fill(one.ledger, 'a')
    await untilEqual([one, other], unitsOf(1))
    await one.redis.send(['FLUSHALL'])
    await fill(other.ledger, 'b')
    await untilEqual([one, other], unitsOf(2))
    const third = await start(t, server)
    await untilEqual([one, other, third], unitsOf(2))
  })

  test('let a process join that has an empty disk, and one that comes back to its own', async t => {
    const server = await startRedis(t)
    const [one, other] = [await start(t, server), await start(t, server)]
    for (let round = 0; round < 3; round++) await fill(one.ledger, `a${round}`)
    await fill(other.ledger, 'b')
    await untilEqual([one, other], unitsOf(4))
    await other.ledger.close()
    rmSync(other.place.folder, { recursive: true })
    await fill(one.ledger, 'c')
    const empty = await start(t, server, other.place)
    await untilEqual([one, empty], unitsOf(5))
    await one.ledger.close()
    await fill(empty.ledger, 'd')
    const back = await start(t, server, one.place)
    await untilEqual([back, empty], unitsOf(6))
    // All this has not come by way of a stream that only grows.
    assert.ok(Number(await back.redis.send(['XLEN', 'ledger:stream'])) <= 80)
  })

  test('serve and take outcomes while Redis was never there', async t => {
    const server = await startRedis(t)
    await server.kill()
    const one = await start(t, server)
    await fill(one.ledger, 'a')
    assert.equal(units(one), unitsOf(1))
    assert.equal(one.ledger.health().exchange?.isConnected, false)
    await server.start()
    const other = await start(t, server)
    await untilEqual([one, other], unitsOf(1))
  })
})
