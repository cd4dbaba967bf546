import type { ExperimentRecord, HistoryEntry } from './experiment.ts'

/** Entries that are remembered. */
const longestHistory = 200

/** In place of a revision that is known once the change is written: the book puts it there. */
const revisionToCome = 0

/**
 * A record with one more entry of its history. @param what see HistoryEntry
 * @param details what was changed, or the numbers that decided
 */
export function withHistory(
  record: ExperimentRecord,
  { at, what, details = {} }: { at: number; what: string; details?: Readonly<Record<string, unknown>> | undefined }
): ExperimentRecord {
  const history = [...record.history, { at, revision: revisionToCome, what, details }]
  return { ...record, history: history.slice(-longestHistory) }
}

/** A record whose new entries have the revision that they led to. */
export function withRevision(record: ExperimentRecord, revision: number): ExperimentRecord {
  const stamped = (entry: HistoryEntry): HistoryEntry =>
    entry.revision === revisionToCome ? { ...entry, revision } : entry
  return { ...record, history: record.history.map(stamped) }
}
