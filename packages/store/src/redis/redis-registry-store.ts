import { inOrderOfNames, type RegistryEntry, type RegistryStore } from '../registry-store.ts'
import type { RedisConnection } from './redis-connection.ts'
import { redisScript } from './redis-script.ts'
import { fromWire, toWire } from './wire-text.ts'

/** The channel on which changes are announced: messages are `[kind, name]` as JSON. */
const changesChannel = 'registry:changes'

/** Key: the entries of the kind, by name, each its revision and its value. Arguments: name, value, expected revision. */
const putScript = redisScript(`
local found = redis.call('HGET', KEYS[1], ARGV[1])
local revision = tonumber(string.match(found or '0', '^%d+'))
if ARGV[3] ~= '' and tonumber(ARGV[3]) ~= revision then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], string.format('%.0f', revision + 1) .. ' ' .. ARGV[2])
redis.call('PUBLISH', '${changesChannel}', ARGV[4])
return revision + 1
`)

/** Answers names and what is kept of them in turn: in a script they come as a list, whose texts can be bytes. */
const listScript = redisScript(`return redis.call('HGETALL', KEYS[1])`)

/** A registry in Redis. */
export interface RedisRegistryStore extends RegistryStore {
  /** Put an entry back that Redis has lost. Does nothing when there is one of that name. */
  restore(entry: RegistryEntry): Promise<void>
}

/**
 * In Redis, shared by all processes that use it: the entries of a kind are the hash `registry:{kind}`. As durable as
 * that Redis is; while it is away all calls fail. See {@link fallbackRegistryStore} for one that can still be read.
 */
export function redisRegistryStore(redis: Pick<RedisConnection, 'send'>): RedisRegistryStore {
  return {
    async get(kind, name) {
      const kept = (await redis.send(['HGET', keyOf(kind), toWire(name)])) as string | null
      return kept === null ? undefined : entryFrom(kind, name, kept)
    },
    async list(kind) {
      const reply = (await listScript(redis, [keyOf(kind)], [], true)) as Buffer[]
      const entries = Array.from({ length: reply.length / 2 }, (_, index) =>
        entryFrom(kind, fromWire(reply[index * 2]!), reply[index * 2 + 1]!.toString())
      )
      return inOrderOfNames(entries)
    },
    async put({ kind, name, value }, expectedRevision) {
      const text = JSON.stringify(value)
      const args = [toWire(name), text, expectedRevision === undefined ? '' : String(expectedRevision)]
      const change = JSON.stringify([kind, name])
      const revision = (await putScript(redis, [keyOf(kind)], [...args, change])) as number
      return revision === 0 ? undefined : { kind, name, value: JSON.parse(text), revision }
    },
    async restore({ kind, name, value, revision }) {
      await redis.send(['HSETNX', keyOf(kind), toWire(name), `${revision} ${JSON.stringify(value)}`])
    }
  }
}

/**
 * Hear of changes that any process makes to the registry in Redis; the returned function ends that. What is changed
 * while Redis is away from this process is not heard of: read again when it is back ({@link RedisConnection.watch}).
 */
export function watchRegistry(
  redis: Pick<RedisConnection, 'subscribe'>,
  changed: (entry: { kind: string; name: string }) => void
): () => void {
  return redis.subscribe(changesChannel, message => {
    const [kind, name] = JSON.parse(message) as [string, string]
    changed({ kind, name })
  })
}

function keyOf(kind: string): string | Buffer {
  return toWire(`registry:${kind}`)
}

function entryFrom(kind: string, name: string, kept: string): RegistryEntry {
  const space = kept.indexOf(' ')
  return { kind, name, value: JSON.parse(kept.slice(space + 1)), revision: Number(kept.slice(0, space)) }
}
