import { fromRedis, redisLost } from './redis-errors.ts'
import type { RedisTarget } from './redis-target.ts'

/** A command and its arguments. */
export type RedisArguments = readonly (string | Buffer)[]

/** One connection to Redis from its opening to its end; it does not come back. */
export interface RedisLink {
  /**
   * Send a command. Commands are answered in the order they were sent in.
   * @param asBuffers whether texts in the reply come as bytes
   * @throws {MillraceError} MILL_STORE_FAILED; when the link ends, all waiting commands fail in the order of sending
   */
  send(args: RedisArguments, asBuffers?: boolean): Promise<unknown>
  /** Hear messages of a channel. */
  subscribe(channel: string, listener: (message: string) => void): Promise<void>
  /** End the link for this reason. Does nothing once it has ended. */
  end(error: Error): void
  /** Resolves with the reason when the link has ended. */
  readonly ended: Promise<Error>
}

/** How long and how often a link is tried, in milliseconds. */
export interface LinkTimes {
  connectTimeoutMs: number
  commandTimeoutMs: number
  /** An idle link is looked after this often, so that its loss is known before it is needed. */
  pingIntervalMs: number
}

/** What an opened link must be able to do at once: a replica, a full or a protected Redis is of no use. */
const probe = ['EVAL', "return redis.call('SET', KEYS[1], '1', 'PX', 1000)", '1', 'millrace:probe']

/**
 * Connect to Redis and see that it can be written to.
 *
 * A command that is not answered within `commandTimeoutMs` ends the link: a Redis that hangs would keep all commands
 * behind it waiting too. Redis may execute what it was sent even after that.
 * @throws {MillraceError} MILL_STORE_FAILED, after `connectTimeoutMs` at most
 */
export async function openLink(
  target: RedisTarget,
  { connectTimeoutMs, commandTimeoutMs, pingIntervalMs }: LinkTimes
): Promise<RedisLink> {
  const { createClient, RESP_TYPES } = await import('@redis/client')
  const bytes = { typeMapping: { [RESP_TYPES.BLOB_STRING]: Buffer } }
  const client = createClient({
    ...target.client,
    socket: { ...target.socket, connectTimeout: connectTimeoutMs, reconnectStrategy: false },
    disableOfflineQueue: true,
    maintNotifications: 'disabled',
    // The watchdog below covers a command from sending to answer, and at less cost.
    commandOptions: { timeout: 0 }
  })
  const { address } = target
  const { promise: ended, resolve: settle } = Promise.withResolvers<Error>()
  const waiting = watchdog(commandTimeoutMs, () =>
    end(redisLost(address, `did not answer within ${commandTimeoutMs} ms`))
  )
  let endedBy: Error | undefined
  let pings: NodeJS.Timeout | undefined

  function end(error: Error): void {
    if (endedBy !== undefined) return
    endedBy = error
    waiting.stop()
    clearInterval(pings)
    client.destroy()
    settle(error)
  }

  async function send(args: RedisArguments, asBuffers = false): Promise<unknown> {
    if (endedBy !== undefined) throw endedBy
    const ticket = waiting.add()
    try {
      return await client.sendCommand(args, asBuffers ? bytes : undefined)
    } catch (error) {
      throw endedBy ?? fromRedis(address, error)
    } finally {
      waiting.remove(ticket)
    }
  }

  client.on('error', error => end(fromRedis(address, error)))
  const timer = setTimeout(
    () => end(redisLost(address, `could not be connected within ${connectTimeoutMs} ms`)),
    connectTimeoutMs
  )
  try {
    await Promise.race([client.connect(), ended.then(error => Promise.reject(error))])
    await send(probe)
    pings = setInterval(() => void send(['PING']).catch(end), pingIntervalMs).unref()
  } catch (error) {
    const failure = fromRedis(address, error)
    end(failure)
    throw failure
  } finally {
    clearTimeout(timer)
  }
  return {
    send,
    async subscribe(channel, listener) {
      await client.subscribe(channel, listener)
    },
    end,
    ended
  }
}

/** Calls `expired` when the one added first of those not yet removed has waited for `timeoutMs`. */
function watchdog(timeoutMs: number, expired: () => void) {
  const tickets = new Set<{ since: number }>()
  let timer: NodeJS.Timeout | undefined
  function watch(waitMs: number): void {
    // After a pause of this process answers may lie unread: look again once they had their turn.
    timer = setTimeout(() => setImmediate(look), waitMs)
  }
  function look(): void {
    timer = undefined
    const [oldest] = tickets
    if (oldest === undefined) return
    const leftMs = oldest.since + timeoutMs - performance.now()
    if (leftMs > 0) watch(leftMs)
    else expired()
  }
  return {
    add() {
      const ticket = { since: performance.now() }
      tickets.add(ticket)
      if (timer === undefined) watch(timeoutMs)
      return ticket
    },
    remove(ticket: { since: number }) {
      tickets.delete(ticket)
    },
    stop() {
      tickets.clear()
      clearTimeout(timer)
    }
  }
}
