import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { describe, test, type TestContext } from 'node:test'
import { connectRedis, exponentialBackoff, type RedisOptions } from '../src/index.ts'
import { connectTo, startRedis, withoutRedis } from './redis-server.ts'
import { until } from './until.ts'

/** A server that is no Redis. @returns its port */
async function listen(context: TestContext, connected: (socket: Socket) => void): Promise<number> {
  const server = createServer(socket => {
    context.after(() => socket.destroy())
    connected(socket.on('error', () => undefined))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  context.after(() => server.close())
  return (server.address() as { port: number }).port
}

/** What is told of a connection, one line each. */
function noted() {
  const lines: string[] = []
  const events = {
    connected: () => void lines.push('connected'),
    lost: (error: Error) => void lines.push(`lost: ${error.message}`),
    stillLost: (error: Error) => void lines.push(`still lost: ${error.message}`)
  }
  return { lines, events }
}

test('waits double up to the longest, shortened by up to half at random', () => {
  const failures = [1, 2, 3, 4, 5, 6, 7, 1000]
  const longest = exponentialBackoff({ firstMs: 50, longestMs: 2000, random: () => 0 })
  assert.deepEqual(failures.map(longest), [50, 100, 200, 400, 800, 1600, 2000, 2000])
  const shortest = exponentialBackoff({ firstMs: 50, longestMs: 2000, random: () => 1 })
  assert.deepEqual(failures.map(shortest), [25, 50, 100, 200, 400, 800, 1000, 1000])
})

test('refuses addresses that make no sense, without showing a password', async () => {
  const refused: RedisOptions[] = [
    { url: 'http://:secret@host' },
    { url: 'redis://' },
    { url: 'nonsense' },
    { url: 'redis://:secret@host/five' },
    { url: 'redis://:secret%@host' },
    { port: 0 },
    { port: 1.5 },
    { commandTimeoutMs: 0 },
    { connectTimeoutMs: Number.NaN }
  ]
  for (const options of refused) {
    const error = await connectRedis(options).then(
      () => assert.fail(JSON.stringify(options)),
      (reason: Error & { code: string }) => reason
    )
    assert.equal(error.code, 'MILL_OPTION_INVALID')
    assert.doesNotMatch(error.message, /secret/)
  }
})

for (const [what, connected, message] of [
  [
    'speaks HTTP',
    (socket: Socket) => void socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
    /does not answer as a Redis/
  ],
  ['hangs up', (socket: Socket) => void socket.destroy(), /failed: /],
  ['says nothing', () => undefined, /could not be connected within 50 ms/]
] as const) {
  test(`a server that ${what} is a Redis that is away`, async t => {
    const port = await listen(t, connected)
    const { lines, events } = noted()
    const redis = await connectTo(t, { port }, { connectTimeoutMs: 50, events, retryDelayMs: () => 1e6 })
    assert.equal(redis.isConnected, false)
    assert.equal(lines.length, 1)
    assert.match(lines[0]!, /^lost: Redis at 127\.0\.0\.1:\d+ /)
    assert.match(redis.lastError?.message ?? '', message)
    await assert.rejects(redis.send(['PING']), { code: 'MILL_STORE_FAILED', message: /is away: / })
  })
}

test('attempts are as far apart as the given delays, counted by failures in a row', async t => {
  const port = await listen(t, socket => void socket.destroy())
  const asked: number[] = []
  const { promise: enough, resolve } = Promise.withResolvers<void>()
  const retryDelayMs = (failures: number): number => {
    asked.push(failures)
    if (failures < 4) return 0
    resolve()
    return 1e6
  }
  const { lines, events } = noted()
  await connectTo(t, { port }, { retryDelayMs, events })
  await enough
  assert.deepEqual(asked, [1, 2, 3, 4])
  // The same reason is told once.
  assert.equal(lines.length, 1)
})

describe('a connection to Redis', { skip: withoutRedis, timeout: 60_000 }, () => {
  test('comes and goes with Redis', async t => {
    const server = await startRedis(t)
    const { lines, events } = noted()
    const redis = await connectTo(t, server, { events })
    assert.equal(await redis.send(['PING']), 'PONG')
    await server.kill()
    await until(() => !redis.isConnected)
    await assert.rejects(redis.send(['PING']), { code: 'MILL_STORE_FAILED' })
    await server.start()
    await until(() => redis.isConnected)
    assert.equal(await redis.send(['PING']), 'PONG')
    assert.equal(redis.reconnects, 1)
    const told = lines.map(line => line.split(':')[0])
    assert.deepEqual([told[0], told[1], told.at(-1)], ['connected', 'lost', 'connected'])
    assert.deepEqual(new Set(told.slice(2, -1)), new Set(told.length > 3 ? ['still lost'] : []))
  })

  test('takes user, password and database from a URL; a wrong password is a Redis that is away', async t => {
    const server = await startRedis(t, {
      settings: '--user ann on >p:w allcommands allkeys --requirepass x'.split(' ')
    })
    const at = `127.0.0.1:${server.port}`
    const redis = await connectRedis({ url: `redis://ann:p%3Aw@${at}/3` })
    t.after(() => redis.close())
    assert.equal(redis.address, at)
    assert.match(String(await redis.send(['CLIENT', 'INFO'])), / db=3 .* user=ann /)
    for (const url of [`redis://ann:wrong@${at}`, `redis://${at}`]) {
      const refused = await connectRedis({ url, retryDelayMs: () => 1e6 })
      t.after(() => refused.close())
      assert.equal(refused.isConnected, false)
      assert.match(refused.lastError?.message ?? '', /answered: (WRONGPASS|NOAUTH)/)
    }
  })

  test('a replica that takes no writes is a Redis that is away', async t => {
    const master = await startRedis(t)
    const replica = await startRedis(t, { settings: ['--replicaof', '127.0.0.1', String(master.port)] })
    const redis = await connectTo(t, replica, { retryDelayMs: () => 1e6 })
    assert.match(redis.lastError?.message ?? '', /READONLY/)
  })

  test('commands that wait fail together, in the order of sending, when Redis does not answer in time', async t => {
    const server = await startRedis(t)
    const redis = await connectTo(t, server, { commandTimeoutMs: 50 })
    server.pause()
    const order: number[] = []
    const waiting = [0, 1, 2].map(number =>
      redis.send(['ECHO', String(number)]).catch((error: Error) => {
        order.push(number)
        return error.message
      })
    )
    for (const message of await Promise.all(waiting)) assert.match(String(message), /did not answer within 50 ms/)
    assert.deepEqual(order, [0, 1, 2])
    server.resume()
    await until(() => redis.isConnected)
  })

  test('after closing commands fail and nothing is tried again', async t => {
    const server = await startRedis(t)
    const { lines, events } = noted()
    const redis = await connectTo(t, server, { events })
    const waiting = assert.rejects(redis.send(['DEBUG', 'SLEEP', '0.01']), { code: 'MILL_STORE_FAILED' })
    redis.close()
    redis.close()
    await waiting
    await assert.rejects(redis.send(['PING']), { code: 'MILL_STORE_FAILED', message: /is closed/ })
    assert.deepEqual(lines, ['connected'])
  })
})
