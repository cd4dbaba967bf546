import { createHash } from 'node:crypto'
import type { RedisConnection } from './redis-connection.ts'
import { replyCode } from './redis-errors.ts'
import type { RedisArguments } from './redis-link.ts'

/** A script that Redis runs as one atomic step. */
export type RedisScript = (
  redis: Pick<RedisConnection, 'send'>,
  keys: RedisArguments,
  args: RedisArguments,
  asBuffers?: boolean
) => Promise<unknown>

/** A script in Redis's Lua. It is called by its digest; its text is sent to a Redis that does not have it. */
export function redisScript(lua: string): RedisScript {
  const digest = createHash('sha1').update(lua).digest('hex')
  return async (redis, keys, args, asBuffers) => {
    const rest = [String(keys.length), ...keys, ...args]
    try {
      return await redis.send(['EVALSHA', digest, ...rest], asBuffers)
    } catch (error) {
      if (replyCode(error) !== 'NOSCRIPT') throw error
      return redis.send(['EVAL', lua, ...rest], asBuffers)
    }
  }
}
