import { randomUUID } from 'node:crypto'
import type { RedisConnection } from '../redis/redis-connection.ts'
import { redisScript } from '../redis/redis-script.ts'
import type { LedgerStream, StreamImage } from './ledger-stream.ts'

const channel = 'ledger:news'
const imageNews = 'image'
const keys = { heads: 'ledger:heads', stream: 'ledger:stream', image: 'ledger:image' } as const
/** An image is sent and fetched in pieces of this many bytes, so that no command takes long. */
const pieceBytes = 4 * 2 ** 20
/** An image that is not put in the end, as its process died, goes away by itself. */
const draftSeconds = 600
const imageAttempts = 3

/** Keys: heads, stream. Arguments: run, previous, and of each record its number and its bytes. */
const appendScript = redisScript(`
local head = tonumber(redis.call('HGET', KEYS[1], ARGV[1]) or '0')
if tonumber(ARGV[2]) > head then return {1, head, 0} end
local last = head
for index = 3, #ARGV, 2 do
  local number = tonumber(ARGV[index])
  if number > last then
    redis.call('XADD', KEYS[2], '*', 'r', ARGV[1], 'p', string.format('%.0f', last), 'n', ARGV[index], 'd', ARGV[index + 1])
    last = number
  end
end
if last > head then
  redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', last))
  redis.call('PUBLISH', '${channel}', ARGV[1])
end
return {0, last, redis.call('XLEN', KEYS[2])}
`)

/** Keys: image, heads, stream, draft. Arguments: expected revision, first place to keep, and runs with their numbers. */
const putImageScript = redisScript(`
local revision = tonumber(redis.call('HGET', KEYS[1], 'revision') or '0')
if revision ~= tonumber(ARGV[1]) or redis.call('PERSIST', KEYS[4]) == 0 then
  redis.call('UNLINK', KEYS[4])
  return 0
end
local former = redis.call('HGET', KEYS[1], 'key')
redis.call('HSET', KEYS[1], 'revision', string.format('%.0f', revision + 1), 'key', KEYS[4])
if former then redis.call('UNLINK', former) end
for index = 3, #ARGV, 2 do
  local head = tonumber(redis.call('HGET', KEYS[2], ARGV[index]) or '0')
  if tonumber(ARGV[index + 1]) > head then redis.call('HSET', KEYS[2], ARGV[index], ARGV[index + 1]) end
end
redis.call('XTRIM', KEYS[3], 'MINID', ARGV[2])
redis.call('PUBLISH', '${channel}', '${imageNews}')
return 1
`)

/** Answers runs and numbers in turn, in a script as a list. */
const headsScript = redisScript(`return redis.call('HGETALL', KEYS[1])`)

/**
 * In Redis, shared by all processes that use it: the stream `ledger:stream`, the hash `ledger:heads`, and `ledger:image`
 * with the key of the image. As durable as that Redis is; what it loses can be put there again from what any process knows.
 */
export function redisLedgerStream(redis: Pick<RedisConnection, 'send' | 'subscribe'>): LedgerStream {
  async function imageOnce(): Promise<StreamImage | 'changed' | undefined> {
    const [revision, key] = (await redis.send(['HMGET', keys.image, 'revision', 'key'])) as (string | null)[]
    if (revision === null || revision === undefined || key === null || key === undefined) return undefined
    const size = (await redis.send(['STRLEN', key])) as number
    const pieces: Buffer[] = []
    for (let start = 0; start < size; start += pieceBytes) {
      const range = ['GETRANGE', key, String(start), String(Math.min(size, start + pieceBytes) - 1)]
      pieces.push((await redis.send(range, true)) as Buffer)
    }
    const bytes = Buffer.concat(pieces)
    return size > 0 && bytes.length === size ? { revision: Number(revision), bytes } : 'changed'
  }

  async function draft(pieces: readonly Uint8Array[]): Promise<string> {
    const key = `ledger:image:${randomUUID()}`
    const bytes = Buffer.concat(pieces)
    for (let start = 0; start < bytes.length; start += pieceBytes) {
      await redis.send(['APPEND', key, bytes.subarray(start, start + pieceBytes)])
      if (start === 0) await redis.send(['EXPIRE', key, String(draftSeconds)])
    }
    return key
  }

  return {
    async append(run, previous, records) {
      const args = records.flatMap(({ number, payload }) => [String(number), payload])
      const reply = await appendScript(redis, [keys.heads, keys.stream], [run, String(previous), ...args])
      const [isGap, head, length] = reply as [number, number, number]
      return { isGap: isGap === 1, head, length }
    },
    async read(after, limit) {
      const args = ['XRANGE', keys.stream, `(${after}`, '+', 'COUNT', String(limit)]
      const entries = (await redis.send(args, true)) as [place: Buffer, fields: Buffer[]][]
      return entries.map(([place, [, run, , previous, , number, , payload]]) => ({
        place: place.toString(),
        run: run!.toString(),
        previous: Number(previous),
        number: Number(number),
        payload: payload!
      }))
    },
    async heads() {
      const reply = (await headsScript(redis, [keys.heads], [])) as string[]
      return new Map(
        Array.from({ length: reply.length / 2 }, (_, index) => [reply[2 * index]!, Number(reply[2 * index + 1])])
      )
    },
    async revision() {
      return Number(await redis.send(['HGET', keys.image, 'revision']))
    },
    async image() {
      for (let attempt = 0; attempt < imageAttempts; attempt++) {
        const found = await imageOnce()
        if (found !== 'changed') return found
      }
      return undefined
    },
    async putImage({ expected, pieces, heads, upTo }) {
      const key = await draft(pieces)
      const runs = [...heads].flatMap(([run, number]) => [run, String(number)])
      const allKeys = [keys.image, keys.heads, keys.stream, key]
      return (await putImageScript(redis, allKeys, [String(expected), placeAfter(upTo), ...runs])) === 1
    },
    watch: listener => redis.subscribe(channel, message => listener(message === imageNews))
  }
}

/** The smallest place behind another. */
function placeAfter(place: string): string {
  const [milliseconds = '0', count = '0'] = place.split('-')
  return `${milliseconds}-${BigInt(count) + 1n}`
}
