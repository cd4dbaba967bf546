import type { ParseArgsOptionsConfig } from 'node:util'
import type { JournalReader, JournalRecord } from '@millrace/store'
import { integerOption, usageError } from './usage.ts'

/** The options of those who take what lies between two positions of a journal. */
export const positionFlags = {
  from: { type: 'string' },
  to: { type: 'string' }
} as const satisfies ParseArgsOptionsConfig

/** The options of those who take a part of a journal. */
export const rangeFlags = { ...positionFlags, last: { type: 'string' } } as const satisfies ParseArgsOptionsConfig

/** The part of a journal that was asked for. */
export interface JournalRange {
  /** Position of the first record; undefined for the first that is kept. */
  from: number | undefined
  /** Position of the last record; Infinity for the last there is. */
  to: number
  /** How many records before `to`, in place of `from`. */
  last: number | undefined
}

const names = Object.keys(rangeFlags) as (keyof typeof rangeFlags)[]

/** @throws {MillraceError} MILL_OPTION_INVALID */
export function parseRange(given: Partial<Record<keyof typeof rangeFlags, string>>): JournalRange {
  if (given.from !== undefined && given.last !== undefined) throw usageError('--from and --last exclude each other')
  const [from, to = Infinity, last] = names.map(name => {
    const text = given[name]
    return text === undefined ? undefined : integerOption(name, text, 1)
  })
  if (from !== undefined && from > to) throw usageError(`--from must not be after --to, got ${from} and ${to}`)
  return { from, to, last }
}

/**
 * A range as positions in a journal: from a record that is kept, or 1 past the last one. The last N records are those of
 * now, even while more are being written.
 */
export function placeRange({ from, to, last }: JournalRange, reader: JournalReader): { from: number; to: number } {
  const first = reader.firstSequence()
  if (last === undefined) return { from: Math.max(first, from ?? 1), to }
  const end = Math.min(to, lastSequenceOf(reader))
  return { from: Math.max(first, end - last + 1), to: end }
}

/** Position of the last record, or of the newest snapshot when nothing came after it. Reads the newest segments only. */
export function lastSequenceOf(reader: JournalReader): number {
  const snapshot = reader.snapshots()[0]?.sequence ?? 0
  let last = snapshot
  for (const { sequence } of reader.records(Math.max(reader.firstSequence(), snapshot + 1))) last = sequence
  return last
}

/** The records from position `from` up to and including `to`. */
export function* recordsUpTo(reader: JournalReader, from: number, to: number): Generator<JournalRecord, void> {
  for (const record of reader.records(from)) {
    if (record.sequence > to) return
    yield record
  }
}
