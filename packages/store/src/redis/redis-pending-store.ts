import { integerWithin } from '@millrace/common'
import type { PendingLimits, PendingPrediction, PendingStore } from '../pending-store.ts'
import type { RedisConnection } from './redis-connection.ts'
import { redisScript } from './redis-script.ts'
import { toWire } from './wire-text.ts'

/** Prediction and time before the features, each a float64. */
const headBytes = 16

/** How many predictions a `put` removes at most, of those beyond the limit and of those that have expired. */
const removedTogether = 2

/**
 * Keys: the prediction; a sorted set of those of the learner, oldest first. Arguments: what is kept, time to live,
 * limit, id, beginning of the keys of predictions.
 */
const putScript = redisScript(`
local prediction, kept, prefix = KEYS[1], KEYS[2], ARGV[5]
if not redis.call('SET', prediction, ARGV[1], 'PX', ARGV[2], 'NX') then return end
local newest = redis.call('ZRANGE', kept, -1, -1, 'WITHSCORES')
redis.call('ZADD', kept, string.format('%.0f', (tonumber(newest[2]) or 0) + 1), ARGV[4])
redis.call('PEXPIRE', kept, ARGV[2])
for turn = 1, ${removedTogether} do
  local oldest = redis.call('ZRANGE', kept, 0, 0)[1]
  local excess = redis.call('ZCARD', kept) > tonumber(ARGV[3])
  if not excess and redis.call('EXISTS', prefix .. oldest) == 1 then break end
  redis.call('ZREM', kept, oldest)
  redis.call('DEL', prefix .. oldest)
end
`)

const removeScript = redisScript(`
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
`)

/**
 * In Redis, shared by all processes that use it: a prediction is the key `pending:{learner}:{prediction id}`, which
 * expires by itself; colons and percent signs in the learner's name are escaped as in a URL. As durable as that Redis
 * is; while it is away all calls fail. See {@link fallbackPendingStore} for one that goes on.
 *
 * Time to live is told by Redis's clock, so that of a machine with a wrong one nothing is kept too long.
 * @throws {MillraceError} MILL_OPTION_INVALID
 */
export function redisPendingStore(redis: Pick<RedisConnection, 'send'>, { ttlMs, limit }: PendingLimits): PendingStore {
  integerWithin('ttlMs', ttlMs, 1)
  integerWithin('limit', limit, 1)
  return {
    async put({ learner, predictionId, features, prediction, madeAt }) {
      const kept = Buffer.alloc(headBytes + features.length)
      kept.writeDoubleLE(prediction, 0)
      kept.writeDoubleLE(madeAt, 8)
      kept.set(features, headBytes)
      const args = [kept, String(ttlMs), String(limit), toWire(predictionId), toWire(prefixOf(learner))]
      await putScript(redis, keysOf(learner, predictionId), args)
    },
    async get(learner, predictionId, now) {
      const kept = (await redis.send(['GET', keysOf(learner, predictionId)[0]!], true)) as Buffer | null
      if (kept === null) return undefined
      const found = { learner, predictionId, ...read(kept) }
      return now < found.madeAt + ttlMs ? found : undefined
    },
    async remove(learner, predictionId) {
      await removeScript(redis, keysOf(learner, predictionId), [toWire(predictionId)])
    },
    async count(learner) {
      return (await redis.send(['ZCARD', toWire(keptKey(learner))])) as number
    }
  }
}

function read(kept: Buffer): Pick<PendingPrediction, 'prediction' | 'madeAt' | 'features'> {
  // A copy of just these bytes: those that came lie in a larger buffer.
  const features = new Uint8Array(kept.subarray(headBytes))
  return { prediction: kept.readDoubleLE(0), madeAt: kept.readDoubleLE(8), features }
}

function keysOf(learner: string, predictionId: string): (string | Buffer)[] {
  return [toWire(prefixOf(learner) + predictionId), toWire(keptKey(learner))]
}

function keptKey(learner: string): string {
  return `pending:${learner.replaceAll('%', '%25').replaceAll(':', '%3A')}`
}

function prefixOf(learner: string): string {
  return `${keptKey(learner)}:`
}
