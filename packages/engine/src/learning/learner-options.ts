import type { JournalReader, JournalWriter, PendingStore } from '@millrace/store'
import { type LearnerName, learnerParameters, type LearnerSettings } from './catalog.ts'
import type { LearnerLimits, SettingsCommand } from './learn-command.ts'
import type { LearnerLog } from './learner-log.ts'
import { idsWithin } from './memory-shares.ts'
import { PendingPredictions } from './pending-predictions.ts'
import type { Snapshotter } from './snapshotter.ts'
import { steadyClock } from './steady-clock.ts'
import { after, type After } from './timers.ts'

/** What a learner in service is given, whether this process teaches it or follows it. */
export interface LearnerOptions extends LearnerSettings {
  /** Unique among the learners of a data folder. */
  id: string
  name: LearnerName
  /** No more ids are remembered than take half of the memory. */
  limits: LearnerLimits
  /** Keeps predictions until their labels come. */
  pending: PendingStore
  log: LearnerLog
  /** Milliseconds since 1970 that never go back; by default the system's. */
  now?: (() => number) | undefined
  after?: After | undefined
}

/** What a learner is given that this process teaches. */
export interface TaughtLearnerOptions extends LearnerOptions {
  /** Its journal, opened for writing; closed with the learner. */
  journal: { writer: JournalWriter; reader: JournalReader }
  /** Who takes snapshots of it, and the folder that its journal is in. Without it none are taken. */
  snapshots?: { snapshotter: Snapshotter; folder: string } | undefined
}

/** What a learner is given that another process teaches. */
export interface FollowedLearnerOptions extends LearnerOptions {
  reader: JournalReader
  /** How long to wait after looking for new records (default 100). */
  pollMs?: number | undefined
}

/** @throws {MillraceError} MILL_OPTION_INVALID */
export function settingsOf({ name, seed, parameters, limits }: LearnerOptions): SettingsCommand {
  return {
    kind: 'settings',
    learner: name,
    parameters: learnerParameters(name, { seed, parameters }),
    limits: { ...limits, ids: idsWithin(limits.memoryBytes, limits.ids) }
  }
}

export function pendingPredictionsOf(options: LearnerOptions): PendingPredictions {
  return new PendingPredictions({
    learner: options.id,
    store: options.pending,
    now: options.now ?? steadyClock(),
    after: options.after ?? after,
    log: options.log
  })
}
