import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { PushedValue } from '../src/index.ts'
import { cuttingProxy } from './cutting-proxy.ts'
import { type Node, startNode } from './fallback-store.ts'
import { connectTo, startRedis, withoutRedis } from './redis-server.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { until } from './until.ts'

const series = 's'
const key = (part: string, id = series): string => `series:${id}:${part}`

/** Pushes values one after the other; those before the first are in the answer. */
async function pushAll({ store }: Node, values: readonly number[], seriesId = series): Promise<PushedValue[]> {
  const answers: PushedValue[] = []
  for (const value of values) answers.push(await store.push({ seriesId, value, keep: 100 }))
  return answers
}

/** What a client of Redis sees, newest first. */
async function valuesIn({ redis }: Pick<Node, 'redis'>, seriesId = series): Promise<unknown> {
  return redis.send(['LRANGE', key('values', seriesId), '0', '-1'])
}

const inLine = ({ store }: Node) => until(() => store.status().storage === 'redis')
const isAway = ({ redis }: Node) => until(() => !redis.isConnected)

describe('series with Redis and a fallback', { skip: withoutRedis, timeout: 60_000 }, () => {
  test('values are in Redis under the documented key, newest first, as decimal text', async t => {
    const node = await startNode(t, await startRedis(t))
    await pushAll(node, [130, 0.1, -0, 1e21, 5e-324, -1.7976931348623157e308], 'features_pipeline')
    assert.deepEqual(await valuesIn(node, 'features_pipeline'), [
      '-1.7976931348623157e+308',
      '5e-324',
      '1e+21',
      '-0',
      '0.1',
      '130'
    ])
    assert.deepEqual(await node.redis.send(['KEYS', 'series:*:values']), ['series:features_pipeline:values'])
  })

  test('a list that the former feature service wrote goes on as it is', async t => {
    const node = await startNode(t, await startRedis(t))
    for (const text of ['120.0', 'nan', '1e-07', '125.5']) await node.redis.send(['LPUSH', key('values'), text])
    const [first, second] = await pushAll(node, [130, 131])
    // The NaN that it stored on the way is no lag.
    assert.deepEqual(first?.earlier, [125.5, 1e-7, 120])
    assert.deepEqual(second?.earlier, [130, 125.5, 1e-7, 120])
    assert.deepEqual(await valuesIn(node), ['131', '130', '125.5', '1e-07', 'nan', '120.0'])
  })

  test('the lines that people grep for', async t => {
    const server = await startRedis(t)
    const node = await startNode(t, server)
    await node.store.push({ seriesId: 'features_pipeline', value: 130, keep: 2 })
    await server.kill()
    await isAway(node)
    await node.store.push({ seriesId: 's', value: 0.5, keep: 2 })
    await server.start()
    await until(() => node.lines.some(line => line.includes('RECONCILED')))
    const address = `127.0.0.1:${server.port}`
    const lost = node.lines[2]?.replace('error REDIS ERROR: ', '') ?? ''
    assert.match(lost, new RegExp(`^Redis at ${address} `))
    assert.deepEqual(node.lines, [
      `info REDIS CONNECTED: Using Redis at ${address} for persistent lag features`,
      'info REDIS: Added observation 130 to series features_pipeline (persistent storage)',
      `error REDIS ERROR: ${lost}`,
      `warn REDIS UNAVAILABLE: Using in-memory storage (embedded, kept on disk) until Redis answers: ${lost}`,
      'info MEMORY: Added observation 0.5 to series s (temporary storage)',
      ...node.lines.slice(5)
    ])
    assert.deepEqual(
      node.lines.slice(5).filter(line => !/^(error|warn)/.test(line)),
      [
        `info REDIS CONNECTED: Using Redis at ${address} for persistent lag features`,
        'info REDIS RESTORED: Put back what Redis had lost of series features_pipeline',
        'info REDIS RECONCILED: 1 observations added, 1 series restored, 0 observations left'
      ]
    )
  })

  test('without Redis at the start values are kept, and are in Redis once it is there', async t => {
    const server = await startRedis(t)
    await server.kill()
    const node = await startNode(t, server)
    assert.match(
      node.lines[0]!,
      /^warn REDIS UNAVAILABLE: Using in-memory storage \(embedded, kept on disk\) until Redis answers: .*ECONNREFUSED/
    )
    const away = await pushAll(node, [1, 2, 3])
    assert.deepEqual(
      away.map(({ earlier, storage }) => ({ earlier, storage })),
      [
        { earlier: [], storage: 'sqlite' },
        { earlier: [1], storage: 'sqlite' },
        { earlier: [2, 1], storage: 'sqlite' }
      ]
    )
    const status = node.store.status()
    assert.partialDeepStrictEqual(status, { connected: false, storage: 'sqlite', unreconciled: 3, fallbackAdds: 3 })
    assert.match(status.lastError ?? '', /ECONNREFUSED/)
    await server.start()
    await inLine(node)
    assert.deepEqual(await valuesIn(node), ['3', '2', '1'])
    assert.deepEqual(
      (await pushAll(node, [4])).map(({ earlier, storage }) => ({ earlier, storage })),
      [{ earlier: [3, 2, 1], storage: 'redis' }]
    )
    assert.equal(node.store.status().reconciled, 3)
    assert.deepEqual(await node.store.read(series), [4, 3, 2, 1])
  })

  for (const persistence of ['appendonly', 'nothing'] as const) {
    test(`lags go on through a kill of a Redis that keeps ${persistence}`, async t => {
      const server = await startRedis(t, { persistence })
      const node = await startNode(t, server)
      await pushAll(node, [1, 2, 3])
      await server.kill()
      await isAway(node)
      assert.deepEqual((await pushAll(node, [4]))[0]?.earlier, [3, 2, 1])
      await server.start()
      await inLine(node)
      assert.deepEqual((await pushAll(node, [5]))[0]?.earlier, [4, 3, 2, 1])
      assert.deepEqual(await valuesIn(node), ['5', '4', '3', '2', '1'])
    })

    test(`a repeat stays one through a kill of a Redis that keeps ${persistence}`, async t => {
      const server = await startRedis(t, { persistence })
      const node = await startNode(t, server)
      const observations = [1, 2, 3, 4].map(value => ({
        seriesId: series,
        value,
        keep: 2,
        observationId: `id ${value}`
      }))
      const answers: PushedValue[] = []
      for (const one of observations.slice(0, 2)) answers.push(await node.store.push(one))
      await server.kill()
      await isAway(node)
      for (const one of observations.slice(2)) answers.push(await node.store.push(one))
      const whileAway = await Promise.all(observations.map(one => node.store.push(one)))
      await server.start()
      await inLine(node)
      const later = await Promise.all(observations.map(one => node.store.push(one)))
      for (const repeats of [whileAway, later]) {
        assert.deepEqual(
          repeats.map(({ earlier, isRepeat }) => ({ earlier, isRepeat })),
          answers.map(({ earlier }) => ({ earlier, isRepeat: true }))
        )
      }
      assert.deepEqual(await valuesIn(node), ['4', '3'])
      await assert.rejects(node.store.push({ ...observations[0]!, value: 9 }), { code: 'MILL_ID_CONFLICT' })
    })
  }

  for (const observationId of [undefined, 'x']) {
    const name = observationId === undefined ? 'without an id' : 'with an id'
    test(`a push ${name} whose answer is lost is there once`, async t => {
      const server = await startRedis(t)
      const proxy = await cuttingProxy(t, server)
      const node = await startNode(t, proxy)
      await pushAll(node, [1])
      proxy.loseAnswer('EVALSHA')
      const push = { seriesId: series, value: 2, keep: 9, observationId }
      assert.deepEqual(await node.store.push(push), { earlier: [1], isRepeat: false, storage: 'sqlite' })
      await pushAll(node, [3])
      await inLine(node)
      assert.deepEqual(await valuesIn(node), ['3', '2', '1'])
    })

    test(`a push ${name} that Redis carries out late is there once`, async t => {
      const server = await startRedis(t)
      const proxy = await cuttingProxy(t, server)
      const node = await startNode(t, proxy)
      await pushAll(node, [1])
      const late = proxy.holdRequest('EVALSHA')
      const push = { seriesId: series, value: 2, keep: 9, observationId }
      assert.equal((await node.store.push(push)).storage, 'sqlite')
      await inLine(node)
      await pushAll(node, [3])
      await late.release()
      await pushAll(node, [4])
      assert.deepEqual(await valuesIn(node), ['4', '3', '2', '1'])
    })
  }

  test('a Redis that hangs delays nobody for longer than the time limit, and what it was sent is there once', async t => {
    const server = await startRedis(t)
    const node = await startNode(t, server, { redis: { commandTimeoutMs: 50 } })
    await pushAll(node, [1])
    server.pause()
    const away = await Promise.all([2, 3, 4].map(value => node.store.push({ seriesId: series, value, keep: 9 })))
    assert.deepEqual(
      away.map(({ earlier }) => earlier),
      [[1], [2, 1], [3, 2, 1]]
    )
    assert.deepEqual((await pushAll(node, [5]))[0]?.earlier, [4, 3, 2, 1])
    server.resume()
    await inLine(node)
    assert.deepEqual(await valuesIn(node), ['5', '4', '3', '2', '1'])
  })

  test('an idle Redis that hangs is noticed before it is needed', async t => {
    const server = await startRedis(t)
    const node = await startNode(t, server, {
      redis: { commandTimeoutMs: 50, pingIntervalMs: 10 }
    })
    server.pause()
    await isAway(node)
    server.resume()
    await until(() => node.redis.isConnected)
  })

  test('a Redis that was flushed while connected gets back what it had before anything else', async t => {
    const node = await startNode(t, await startRedis(t))
    const observation = { seriesId: series, value: 1, keep: 9, observationId: 'x' }
    await node.store.push(observation)
    await pushAll(node, [2])
    await node.redis.send(['FLUSHALL'])
    assert.deepEqual(await node.store.read(series), [2, 1])
    assert.deepEqual((await pushAll(node, [3]))[0]?.earlier, [2, 1])
    assert.equal((await node.store.push(observation)).isRepeat, true)
    assert.deepEqual(await valuesIn(node), ['3', '2', '1'])
    assert.equal(node.store.status().restoredSeries, 1)
  })

  test('after Redis lost everything all series are there again, and listed, as soon as it is back', async t => {
    const server = await startRedis(t)
    const node = await startNode(t, server)
    for (const [value, id] of ['a', 'b', 'c'].entries()) await pushAll(node, [value], id)
    await server.kill()
    await server.start()
    await until(() => node.store.status().restoredSeries === 3)
    for (const [value, id] of ['a', 'b', 'c'].entries()) assert.deepEqual(await valuesIn(node, id), [String(value)])
    const listed = await node.store.list(10)
    assert.deepEqual(listed.map(({ seriesId }) => seriesId).toSorted(), ['a', 'b', 'c'])
  })

  test('a copy that cannot be written is told of once, and catches up with the next value that it takes', async t => {
    const server = await startRedis(t)
    const node = await startNode(t, server, { brokenPuts: 3 })
    await pushAll(node, [1, 2, 3, 4])
    await node.store.flush()
    assert.equal(node.store.status().copyErrors, 3)
    assert.deepEqual(
      node.lines.filter(line => line.startsWith('error')),
      ['error REDIS COPY: The embedded copy lacks values that are in Redis: disk full']
    )
    await server.kill()
    await isAway(node)
    assert.deepEqual((await pushAll(node, [5]))[0]?.earlier, [4, 3, 2, 1])
  })

  test('with acknowledgements by both nobody hears of a value that the copy lacks', async t => {
    const node = await startNode(t, await startRedis(t), { acknowledgedBy: 'both', brokenPuts: 1 })
    await assert.rejects(pushAll(node, [1]), { message: 'disk full' })
    await pushAll(node, [2])
    assert.deepEqual((await node.embedded.mirror.get(series))?.values, [2, 1])
  })

  for (const part of ['values', 'meta', 'ids', 'order']) {
    test(`lags and repeats survive that Redis evicts the ${part} of a series`, async t => {
      const node = await startNode(t, await startRedis(t))
      const observations = [1, 2, 3].map(value => ({ seriesId: series, value, keep: 2, observationId: `id ${value}` }))
      for (const one of observations) await node.store.push(one)
      await node.redis.send(['DEL', key(part)])
      const next = { seriesId: series, value: 4, keep: 2, observationId: 'id 4' }
      assert.deepEqual((await node.store.push(next)).earlier, [3, 2])
      for (const one of [...observations, next]) assert.equal((await node.store.push(one)).isRepeat, true)
      assert.deepEqual(await valuesIn(node), ['4', '3'])
    })
  }

  test('a series whose key holds something else stays in the embedded store; others do not mind', async t => {
    const node = await startNode(t, await startRedis(t))
    await node.redis.send(['SET', key('values'), 'mine'])
    await pushAll(node, [1, 2, 3, 4, 5], 'other')
    assert.equal((await pushAll(node, [1]))[0]?.storage, 'sqlite')
    assert.equal((await pushAll(node, [6], 'other'))[0]?.storage, 'redis')
    assert.ok(node.lines.some(line => /^error REDIS ERROR: .*WRONGTYPE/.test(line)))
    assert.deepEqual((await pushAll(node, [2]))[0], { earlier: [1], isRepeat: false, storage: 'sqlite' })
    assert.deepEqual(await node.store.read(series), [2, 1])
    assert.deepEqual(await node.store.list(1), [{ seriesId: series, length: 2, latestValue: 2 }])
    await node.redis.send(['DEL', key('values')])
    // Nobody pushes: it is tried again all the same.
    await inLine(node)
    assert.deepEqual(await valuesIn(node), ['2', '1'])
  })

  test('a Redis that is full is as good as away, until it has room', async t => {
    const server = await startRedis(t)
    const node = await startNode(t, server)
    const admin = await connectTo(t, server, { pingIntervalMs: 1e6 })
    await pushAll(node, [1])
    await admin.send(['CONFIG', 'SET', 'maxmemory', '1'])
    assert.equal((await pushAll(node, [2]))[0]?.storage, 'sqlite')
    await isAway(node)
    assert.match(node.redis.lastError?.message ?? '', /OOM/)
    await admin.send(['CONFIG', 'SET', 'maxmemory', '0'])
    await inLine(node)
    assert.deepEqual(await valuesIn(node), ['2', '1'])
  })

  test('of two values under one id the first in Redis counts, and the other is logged', async t => {
    const server = await startRedis(t)
    const proxy = await cuttingProxy(t, server)
    const here = await startNode(t, proxy)
    const there = await startNode(t, server)
    proxy.refuse()
    await isAway(here)
    await here.store.push({ seriesId: series, value: 1, keep: 9, observationId: 'x' })
    await there.store.push({ seriesId: series, value: 2, keep: 9, observationId: 'x' })
    proxy.accept()
    await inLine(here)
    assert.deepEqual(await valuesIn(there), ['2'])
    assert.ok(here.lines.some(line => line.startsWith('error REDIS ERROR: observation x of series s ')))
  })

  test('more pushes at a time than go to Redis at once do not keep a series from coming back', async t => {
    const server = await startRedis(t)
    const node = await startNode(t, server)
    await server.kill()
    await isAway(node)
    const stop = new AbortController()
    let acknowledged = 0
    async function client(): Promise<void> {
      while (!stop.signal.aborted) {
        await node.store.push({ seriesId: series, value: 1, keep: 3 })
        acknowledged += 1
      }
    }
    const clients = Promise.all(Array.from({ length: 600 }, client))
    await until(() => acknowledged > 2000)
    await server.start()
    await inLine(node)
    // The reconciliation as a whole ends too, though the series is never idle.
    await until(() => node.lines.some(line => line.includes('REDIS RECONCILED')))
    stop.abort()
    await clients
    assert.equal(await node.redis.send(['HGET', key('meta'), 'count']), String(acknowledged))
  })

  test('a process that starts again goes on with its outbox', async t => {
    const server = await startRedis(t)
    const folder = temporaryFolder(t)
    const first = await startNode(t, server, { folder })
    await pushAll(first, [1])
    await server.kill()
    await isAway(first)
    await first.store.push({ seriesId: series, value: 2, keep: 9, observationId: 'x' })
    await first.stop()
    const second = await startNode(t, server, { folder })
    assert.deepEqual((await pushAll(second, [3]))[0]?.earlier, [2, 1])
    assert.equal(second.store.status().unreconciled, 2)
    await server.start()
    await inLine(second)
    assert.deepEqual(await valuesIn(second), ['3', '2', '1'])
    assert.equal((await second.store.push({ seriesId: series, value: 2, keep: 9, observationId: 'x' })).isRepeat, true)
  })

  test('a process that starts again puts back what a Redis lost that started again too', async t => {
    const server = await startRedis(t)
    const folder = temporaryFolder(t)
    const first = await startNode(t, server, { folder })
    await pushAll(first, [1, 2])
    await first.store.push({ seriesId: series, value: 3, keep: 9, observationId: 'x' })
    await first.stop()
    await server.kill()
    await server.start()
    const second = await startNode(t, server, { folder })
    assert.equal((await second.store.push({ seriesId: series, value: 3, keep: 9, observationId: 'x' })).isRepeat, true)
    assert.deepEqual((await pushAll(second, [4]))[0]?.earlier, [3, 2, 1])
  })

  test('series of the embedded store are in Redis from the first push after it was switched on', async t => {
    const folder = temporaryFolder(t)
    const server = await startRedis(t)
    const before = await startNode(t, { port: 1 }, { folder })
    await before.embedded.series.push({ seriesId: series, value: 1, keep: 9, observationId: 'x' })
    await before.embedded.series.push({ seriesId: series, value: 2, keep: 9 })
    await before.stop()
    const node = await startNode(t, server, { folder })
    assert.deepEqual((await pushAll(node, [3]))[0]?.earlier, [2, 1])
    assert.equal((await node.store.push({ seriesId: series, value: 1, keep: 9, observationId: 'x' })).isRepeat, true)
  })

  test('of several processes each brings its own values, and each value is there once', async t => {
    const server = await startRedis(t)
    const [one, other] = [await startNode(t, server), await startNode(t, server)]
    await pushAll(one, [1])
    await pushAll(other, [2])
    await server.kill()
    await Promise.all([isAway(one), isAway(other)])
    await pushAll(one, [3, 4])
    await pushAll(other, [5, 6])
    await server.start()
    await Promise.all([inLine(one), inLine(other)])
    const stored = ((await valuesIn(one)) as string[]).map(Number).toReversed()
    assert.deepEqual(
      stored.toSorted((a, b) => a - b),
      [1, 2, 3, 4, 5, 6]
    )
    for (const own of [
      [1, 3, 4],
      [2, 5, 6]
    ]) {
      assert.deepEqual(
        stored.filter(value => own.includes(value)),
        own
      )
    }
    assert.deepEqual((await pushAll(other, [7]))[0]?.earlier, stored.toReversed())
  })

  test('values that several processes pushed in turn are there once after Redis lost everything', async t => {
    const server = await startRedis(t)
    const nodes = [await startNode(t, server), await startNode(t, server), await startNode(t, server)]
    for (let value = 0; value < 12; value++) await pushAll(nodes[value % 3]!, [value])
    await nodes[0]!.redis.send(['FLUSHALL'])
    for (let value = 12; value < 18; value++) await pushAll(nodes[value % 3]!, [value])
    const stored = ((await valuesIn(nodes[0]!)) as string[]).map(Number)
    assert.deepEqual(
      stored.toSorted((a, b) => a - b),
      [...Array(18).keys()]
    )
  })
})
