import { optionError } from '@millrace/common'
import type { CursorStore, StreamItem } from '@millrace/store'
import { observationKeys } from './observation-keys.ts'
import type { Observation } from './table.ts'

/** An observation as it is handed out. */
export interface StreamedObservation extends Observation {
  /** How many observations are left after this one. */
  remaining: number
  /**
   * What this observation is known by wherever it goes: the same whenever it is handed out again, another one after a
   * reset, and unique among all streams: `sample/0/17` is the 18th of the stream `sample` before any reset.
   */
  observationKey: string
}

/** Where a stream stands. */
export interface StreamStatus {
  /** How many observations have been handed out. */
  currentIndex: number
  totalObservations: number
  /** How many are left. */
  remaining: number
  /** True once all have been handed out. */
  completed: boolean
}

/** Hands out a finite list of observations, each once, to whoever asks. */
export interface ObservationStream {
  /** The next observation, and move on; undefined once the end is reached, and on every further call. */
  next(): Promise<StreamedObservation | undefined>
  /**
   * The next observation without moving on: whoever takes it moves on with `commit` once it is dealt with, and gets it
   * again after anything that came in between, with the same key.
   */
  peek(): Promise<StreamedObservation | undefined>
  /**
   * Move on past an observation that `peek` returned.
   * @returns whether the stream moved: false when it stands elsewhere, because this was done before or it was reset
   * @throws {MillraceError} MILL_OPTION_INVALID for an observation of another stream, or for an id that is not the key's
   */
  commit(observation: Pick<StreamedObservation, 'observationId' | 'observationKey'>): Promise<boolean>
  /** Start again from the first observation. */
  reset(): Promise<void>
  /** Does not move the stream. */
  status(): Promise<StreamStatus>
}

/**
 * A stream whose position lives in `cursors` under `name`: it goes on after a restart, and replicas that share the
 * store hand out each observation once among them. When there are fewer observations than were handed out, because
 * the file became shorter, the stream is completed; when more are added, it goes on with those.
 */
export function createObservationStream({
  observations,
  cursors,
  name
}: {
  observations: readonly Observation[]
  cursors: CursorStore
  name: string
}): ObservationStream {
  const total = observations.length
  const keys = observationKeys(name)
  function streamed(item: StreamItem | undefined): StreamedObservation | undefined {
    if (item === undefined || item.index >= total) return undefined
    return { ...observations[item.index]!, remaining: total - item.index - 1, observationKey: keys.format(item) }
  }
  return {
    async next() {
      return streamed(await cursors.advance(name, total))
    },
    async peek() {
      return streamed(await cursors.position(name))
    },
    async commit({ observationId, observationKey }) {
      const item = keys.parse(observationKey)
      const own = item.index + 1
      if (observationId !== own) throw optionError('observationId', `${own}, as its key says`, observationId)
      return await cursors.commit(name, item)
    },
    reset: () => cursors.reset(name),
    async status() {
      const currentIndex = Math.min((await cursors.position(name)).index, total)
      const remaining = total - currentIndex
      return { currentIndex, totalObservations: total, remaining, completed: remaining === 0 }
    }
  }
}
