import type { CursorStore } from '@millrace/store'
import type { Observation } from './table.ts'

/** An observation as it is handed out. */
export interface StreamedObservation extends Observation {
  /** How many observations are left after this one. */
  remaining: number
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

/** Hands out a finite list of observations one at a time, each once, to whoever asks. */
export interface ObservationStream {
  /** The next observation; undefined once the end is reached, and on every further call. */
  next(): Promise<StreamedObservation | undefined>
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
  return {
    async next() {
      const index = await cursors.advance(name, total)
      if (index === undefined) return undefined
      return { ...observations[index]!, remaining: total - index - 1 }
    },
    reset: () => cursors.reset(name),
    async status() {
      const currentIndex = Math.min(await cursors.position(name), total)
      const remaining = total - currentIndex
      return { currentIndex, totalObservations: total, remaining, completed: remaining === 0 }
    }
  }
}
