import { join } from 'node:path'
import {
  followLearner,
  type LearnerName,
  type LearnerOptions,
  openLearner,
  type ServedLearner,
  type Snapshotter
} from '@millrace/engine'
import { type OpenJournal, openJournalReader, openJournalWriter, type PendingStore } from '@millrace/store'
import type { Config } from './config-schema.ts'
import type { Logger } from './logger.ts'
import { startIsOver } from './starting.ts'

/** Which learner, and what its journal is known by. */
export interface LearnerPlace {
  id: string
  name: LearnerName
}

/** Records of a journal that keep a start busy for long, so that V8 shall do its best for them. */
const manyRecords = 1000

/** What learners are put into service with. */
export interface LearnerDesk {
  config: Config
  logger: Logger
  pending: PendingStore
  snapshotter: Snapshotter
}

/**
 * Put a learner into service with the journal in its folder: to be taught, or to follow it, as `MILLRACE_ROLE` says.
 * @throws {MillraceError} MILL_WRITER_TAKEN, MILL_JOURNAL_DAMAGED, MILL_CONFIG_INVALID or MILL_STORE_FAILED, with nothing
 *   left open
 */
export async function openLearnerAt(place: LearnerPlace, desk: LearnerDesk): Promise<ServedLearner> {
  const { durability, role, dataDir } = desk.config
  const folder = join(dataDir, 'journal', place.id)
  const options = optionsOf(place, desk)
  if (role === 'reader') return await followLearner({ ...options, reader: openJournalReader(folder) })
  const { notes, ...journal } = await openJournalWriter(folder, { durability, role })
  for (const { message, details } of notes) desk.logger.warn({ learner: place.id, ...details }, message)
  if (recordsToReplay(journal) > manyRecords) startIsOver()
  try {
    return await openLearner({ ...options, journal, snapshots: { snapshotter: desk.snapshotter, folder } })
  } catch (error) {
    await journal.writer.close()
    throw error
  }
}

function recordsToReplay({ writer, reader }: Pick<OpenJournal, 'writer' | 'reader'>): number {
  return writer.lastSequence - (reader.snapshots()[0]?.sequence ?? 0)
}

function optionsOf({ id, name }: LearnerPlace, { config, logger, pending }: LearnerDesk): LearnerOptions {
  return {
    id,
    name,
    seed: config.modelSeed,
    limits: {
      featureNames: config.featureNamesLimit,
      memoryBytes: config.modelMemoryLimit,
      ids: config.idsRemembered
    },
    pending,
    log: logger
  }
}
