import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { redisLedgerStream } from '../../src/index.ts'
import { connectTo, startRedis, withoutRedis } from '../redis-server.ts'
import { until } from '../until.ts'

const [one, other] = ['1'.repeat(16), '2'.repeat(16)]
const record = (number: number): { number: number; payload: Buffer } => ({
  number,
  payload: Buffer.from([0, 255, number])
})

describe('the stream of a ledger in Redis', { skip: withoutRedis, timeout: 60_000 }, () => {
  test('passes records on once, in the order of each run, with the number of the one before', async t => {
    const stream = redisLedgerStream(await connectTo(t, await startRedis(t)))
    assert.deepEqual(await stream.append(one, 0, [record(1), record(3)]), { isGap: false, head: 3, length: 2 })
    await stream.append(other, 0, [record(1)])
    // Numbers may be left out by the writer; those that are there are passed over.
    assert.deepEqual(await stream.append(one, 1, [record(3), record(4)]), { isGap: false, head: 4, length: 4 })
    const read = await stream.read('0', 10)
    assert.deepEqual(
      read.map(({ run, previous, number, payload }) => [run[0], previous, number, [...payload]]),
      [
        ['1', 0, 1, [0, 255, 1]],
        ['1', 1, 3, [0, 255, 3]],
        ['2', 0, 1, [0, 255, 1]],
        ['1', 3, 4, [0, 255, 4]]
      ]
    )
    assert.deepEqual(
      (await stream.read(read[1]!.place, 1)).map(({ run }) => run),
      [other]
    )
    assert.deepEqual(await stream.read(read[3]!.place, 10), [])
    assert.deepEqual(
      await stream.heads(),
      new Map([
        [one, 4],
        [other, 1]
      ])
    )
  })

  test('takes no record whose predecessors are missing', async t => {
    const stream = redisLedgerStream(await connectTo(t, await startRedis(t)))
    assert.deepEqual(await stream.append(one, 2, [record(3)]), { isGap: true, head: 0, length: 0 })
    assert.deepEqual(await stream.read('0', 10), [])
  })

  test('an image takes the place of the records that it holds', async t => {
    const redis = await connectTo(t, await startRedis(t))
    const stream = redisLedgerStream(redis)
    await stream.append(one, 0, [record(1), record(2)])
    const [first] = await stream.read('0', 1)
    assert.equal(await stream.image(), undefined)
    assert.equal(await stream.revision(), 0)
    const pieces = [Buffer.alloc(5 * 2 ** 20, 7), Buffer.from([1, 2, 3])]
    const heads = new Map([
      [one, 1],
      [other, 9]
    ])
    assert.equal(await stream.putImage({ expected: 0, pieces, heads, upTo: first!.place }), true)
    const image = await stream.image()
    assert.ok(image !== undefined)
    assert.equal(image.revision, 1)
    assert.ok(Buffer.concat(pieces).equals(image.bytes))
    assert.deepEqual(
      (await stream.read('0', 10)).map(({ number }) => number),
      [2]
    )
    // What is in the stream is not taken back by an image that does not hold it.
    assert.deepEqual(
      await stream.heads(),
      new Map([
        [one, 2],
        [other, 9]
      ])
    )
    assert.equal(await stream.putImage({ expected: 0, pieces: [Buffer.from('x')], heads, upTo: '0' }), false)
    assert.equal(await stream.putImage({ expected: 1, pieces: [Buffer.from('y')], heads, upTo: '0' }), true)
    assert.deepEqual(await stream.image(), { revision: 2, bytes: Buffer.from('y') })
    // Nothing of the others is left.
    assert.equal(((await redis.send(['KEYS', 'ledger:image:*'])) as string[]).length, 1)
  })

  test('tells that there is something new', async t => {
    const redis = await connectTo(t, await startRedis(t))
    const stream = redisLedgerStream(redis)
    const heard: boolean[] = []
    stream.watch(isImage => heard.push(isImage))
    await until(async () => ((await redis.send(['PUBSUB', 'NUMSUB', 'ledger:news'])) as unknown[])[1] === 1)
    await stream.append(one, 0, [record(1)])
    await stream.putImage({ expected: 0, pieces: [Buffer.from('x')], heads: new Map(), upTo: '0' })
    await until(() => heard.length === 2)
    assert.deepEqual(heard, [false, true])
  })
})
