import { positive } from '@millrace/common'
import type { AnswerStore, KeptAnswer } from '../answer-store.ts'
import type { RedisConnection } from './redis-connection.ts'

const prefix = 'millrace:answer:'
/** What a write that waits takes besides its bytes. */
const writeOverhead = 500
/** How many keys are looked through by one command of `clear`. */
const keysTogether = 500

/** How much an answer store may cost. */
export interface RedisAnswerOptions {
  /** Milliseconds after which a read is given up (default 20); Redis is not asked again until it has answered. */
  readTimeoutMs?: number
  /** Bytes of answers on their way to Redis; what is more is not kept (default 4 MiB). */
  writingBytes?: number
}

/**
 * In Redis, shared by all processes that use it: an answer is the key `millrace:answer:{hash}`, which expires by itself.
 * A Redis that is away is not asked at all, nor is one that is slow.
 * @throws {MillraceError} MILL_OPTION_INVALID
 */
export function redisAnswerStore(
  redis: Pick<RedisConnection, 'send' | 'isConnected'>,
  { readTimeoutMs = 20, writingBytes = 2 ** 22 }: RedisAnswerOptions = {}
): AnswerStore {
  positive('readTimeoutMs', readTimeoutMs)
  positive('writingBytes', writingBytes)
  /** Reads that were given up and are not answered yet. */
  let lateReads = 0
  let writing = 0
  const isUsable = (): boolean => redis.isConnected && lateReads === 0

  async function read(hash: string): Promise<KeptAnswer | undefined> {
    const key = prefix + hash
    const replies = await Promise.all([redis.send(['GET', key], true), redis.send(['PTTL', key])])
    const [bytes, ttlMs] = replies as [Buffer | null, number]
    // -2: it has expired meanwhile.
    if (bytes === null || ttlMs === -2) return undefined
    return { bytes, ttlMs: ttlMs === -1 ? undefined : ttlMs }
  }

  async function write(hash: string, bytes: Uint8Array, ttlMs: number): Promise<void> {
    const expiry = Math.max(1, Math.min(Math.floor(ttlMs), Number.MAX_SAFE_INTEGER))
    const args = ['SET', prefix + hash, bytesOf(bytes), 'PX', String(expiry)]
    // An answer that is not kept is computed again.
    await redis.send(args).catch(() => undefined)
  }

  return {
    get(hash) {
      if (!isUsable()) return Promise.resolve(undefined)
      return new Promise(resolve => {
        let isLate = false
        const timer = setTimeout(() => {
          isLate = true
          lateReads++
          resolve(undefined)
        }, readTimeoutMs)
        const settle = (found: KeptAnswer | undefined): void => {
          clearTimeout(timer)
          if (isLate) lateReads--
          resolve(found)
        }
        read(hash).then(settle, () => settle(undefined))
      })
    },
    set(hash, bytes, ttlMs) {
      const cost = bytes.byteLength + writeOverhead
      if (!isUsable() || writing + cost > writingBytes) return
      writing += cost
      void write(hash, bytes, ttlMs).finally(() => (writing -= cost))
    },
    async clear() {
      let cursor = '0'
      do {
        const args = ['SCAN', cursor, 'MATCH', `${prefix}*`, 'COUNT', String(keysTogether)]
        const [next, keys] = (await redis.send(args)) as [string, string[]]
        if (keys.length > 0) await redis.send(['UNLINK', ...keys])
        cursor = next
      } while (cursor !== '0')
    }
  }
}

function bytesOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
