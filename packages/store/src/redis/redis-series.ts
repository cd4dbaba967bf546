import type { SeriesPush, SeriesSummary } from '../series-store.ts'
import type { RememberedPush } from '../series-mirror.ts'
import type { RedisConnection } from './redis-connection.ts'
import { recentKey, seriesKeys } from './series-keys.ts'
import { listScript, pushScript, restoreIdsScript, restoreScript, stateScript } from './series-scripts.ts'
import {
  fromWire,
  idToWire,
  numberFromWire,
  numbersFromWire,
  numbersToWire,
  numberToWire,
  toWire
} from './wire-text.ts'

/** A push as Redis is told of it. */
export interface NumberedPush extends SeriesPush {
  /**
   * Place among the pushes of its writer: a later one has a larger number, and is sent later. What was sent before is
   * not pushed again. Undefined always pushes.
   */
  number?: number | undefined
  /** The values that its caller was told it found, when it was answered before; that is what repeats are to be told. */
  told?: readonly number[] | undefined
}

/** What Redis did with a push. */
export interface PushOutcome {
  /** `repeat`: the observation id is known; `conflict`: it is, with another value; `known`: the number is. */
  what: 'pushed' | 'repeat' | 'conflict' | 'known'
  /** The values that the push found, or the first one with its id. */
  earlier: number[]
}

/** What Redis must know of a series before a push makes sense. */
export interface Expected {
  /** Number of the last push of this writer that is in Redis; 0 for none. */
  after: number
  /** What the count had reached. */
  count: number
}

/** The last push of each process that pushed to a series: its number, and the count of the series after it. */
export type Writers = ReadonlyMap<string, { number: number; count: number }>

/** What Redis did with pushes that belong together. */
export interface PushedAll {
  outcomes: PushOutcome[]
  /** How many pushes the series has had, these included. */
  count: number
  /** The writers before these pushes; undefined while this one alone pushes. */
  writers: Writers | undefined
}

/** A series as Redis has it. */
export interface SeriesState {
  /** Newest first. */
  values: number[]
  /** The same as Redis has it, to be compared there. */
  text: string
  /** Undefined for a list of another program, or when the count was evicted. */
  count: number | undefined
  writers: Writers
}

/** Series in Redis, one call a step. All fail with MILL_STORE_FAILED, as {@link RedisConnection.send} says. */
export interface RedisSeries {
  /**
   * Push values in this order, all in one step.
   * @param expected undefined takes the series as it is
   * @param floor what the count is raised to before
   * @returns undefined, with nothing changed, when Redis has not what is expected
   */
  pushAll(
    seriesId: string,
    pushes: readonly NumberedPush[],
    options?: { writer?: string; expected?: Expected | undefined; floor?: number }
  ): Promise<PushedAll | undefined>
  state(seriesId: string): Promise<SeriesState>
  /**
   * Give the series a count and, if given, values and numbers of writers, provided that it is still as `seen`.
   * @returns whether it was
   */
  restore(seriesId: string, seen: SeriesState, restored: RestoredSeries): Promise<boolean>
  /**
   * Remember ids again, newest first; to be followed by {@link RedisSeries.restore}.
   * @returns how many were not known, as far as there was room
   */
  restoreIds(seriesId: string, ids: readonly RememberedPush[]): Promise<number>
  /** The counts of series; undefined for those that have none. */
  counts(seriesIds: readonly string[]): Promise<(number | undefined)[]>
  list(limit: number): Promise<SeriesSummary[]>
}

/** What a series is to be. */
export interface RestoredSeries {
  count: number
  /** Writers whose last pushes are to be noted. */
  writers?: Writers | undefined
  /** Newest first; undefined leaves those that are there. */
  values?: readonly number[] | undefined
}

const outcomes = { P: 'pushed', R: 'repeat', C: 'conflict', S: 'known' } as const

/** @param options `writer` a text without spaces and commas that no other process has; `idsRemembered` for each series */
export function redisSeries(
  redis: Pick<RedisConnection, 'send'>,
  { writer: own, idsRemembered }: { writer: string; idsRemembered: number }
): RedisSeries {
  return {
    async pushAll(seriesId, pushes, { writer = own, expected, floor = 0 } = {}) {
      const { after = 0, count = 0 } = expected ?? {}
      const args = [writer, String(after), String(count), String(floor), expected ? '1' : '0', String(idsRemembered)]
      const rest = pushes.flatMap(pushArguments)
      const reply = await pushScript(redis, seriesKeys(seriesId), [...args, toWire(seriesId), ...rest])
      return pushedAll(reply as [number, number, string, ...string[]])
    },
    async state(seriesId) {
      const reply = await stateScript(redis, seriesKeys(seriesId), [])
      const [text, count, writers] = reply as [string, string, string]
      return {
        values: numbersFromWire(text),
        text,
        count: count === '' ? undefined : Number(count),
        writers: writersFrom(writers)
      }
    },
    async restore(seriesId, seen, { count, writers, values }) {
      const numbers = [...(writers ?? [])].map(([writer, last]) => `w:${writer} ${last.number} ${last.count}`)
      const args = [
        seen.count === undefined ? '' : String(seen.count),
        seen.text,
        String(count),
        numbers.join(','),
        toWire(seriesId)
      ]
      const rest = [values === undefined ? '0' : '1', ...(values ?? []).map(numberToWire)]
      return (await restoreScript(redis, seriesKeys(seriesId), [...args, ...rest])) === 1
    },
    async restoreIds(seriesId, ids) {
      const args = ids.flatMap(({ observationId, value, earlier }) => [
        idToWire(observationId),
        `${numberToWire(value)} ${numbersToWire(earlier)}`
      ])
      return (await restoreIdsScript(redis, seriesKeys(seriesId), [String(idsRemembered), ...args])) as number
    },
    async counts(seriesIds) {
      const metas = seriesIds.map(seriesId => seriesKeys(seriesId)[1]!)
      const replies = await Promise.all(metas.map(meta => redis.send(['HGET', meta, 'count'])))
      return replies.map(reply => (reply === null ? undefined : Number(reply)))
    },
    async list(limit) {
      const reply = (await listScript(redis, [recentKey], [String(limit)], true)) as Buffer[]
      return Array.from({ length: reply.length / 3 }, (_, index) => ({
        seriesId: fromWire(reply[index * 3]!),
        length: Number(reply[index * 3 + 1]!),
        latestValue: numberFromWire(reply[index * 3 + 2]!.toString())
      }))
    }
  }
}

function pushArguments({ number, value, keep, observationId, told }: NumberedPush): string[] {
  const id = observationId === undefined ? '' : `i${idToWire(observationId)}`
  return [
    number === undefined ? '' : String(number),
    numberToWire(value),
    String(keep),
    id,
    told ? `e${numbersToWire(told)}` : ''
  ]
}

function pushedAll([before, count, writers, ...texts]: [number | 'STALE', number, string, ...string[]]):
  | PushedAll
  | undefined {
  if (before === 'STALE') return undefined
  return {
    count,
    writers: writers === '' ? undefined : writersFrom(writers),
    outcomes: Array.from({ length: texts.length / 2 }, (_, index) => ({
      what: outcomes[texts[index * 2] as keyof typeof outcomes],
      earlier: numbersFromWire(texts[index * 2 + 1]!)
    }))
  }
}

function writersFrom(text: string): Writers {
  const found = [...text.matchAll(/w:(\S+) (\d+) (\d+)/g)]
  return new Map(found.map(([, writer, number, count]) => [writer!, { number: Number(number), count: Number(count) }]))
}
