import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Durability } from '../durability.ts'
import { failedReading } from './journal-errors.ts'
import type { SegmentIdentity } from './segment-format.ts'

/** A segment file of a journal, as its name tells. */
export interface SegmentFile extends SegmentIdentity {
  name: string
  path: string
  /**
   * Its records from this position on are void: a later segment starts there. Infinity for the newest. When `limit` is
   * not above `first`, the whole segment is void.
   */
  limit: number
}

const pattern = /^(\d+)-(\d+)-(\d+)\.(none|os|fsync)\.segment$/

/** The name of a segment's file. Names alone tell the order of segments and which of their records are void. */
export function segmentName({ epoch, number, first, durability }: SegmentIdentity): string {
  const padded = [String(epoch).padStart(8, '0'), String(number).padStart(6, '0'), String(first).padStart(16, '0')]
  return `${padded.join('-')}.${durability}.segment`
}

/** The name of a segment that is to make records void, until it holds what replaces them. */
export function unfinishedName(name: string): string {
  return `${name}.tmp`
}

/** Whether a name is that of a segment that was never finished, of a writer up to an epoch. */
export function isUnfinished(name: string, epoch: number): boolean {
  const [, begun] = /^(\d+)-.*\.segment\.tmp$/.exec(name) ?? []
  return begun !== undefined && Number(begun) <= epoch
}

/** All segments in `folder`, oldest first. None when the folder is missing. @throws {MillraceError} MILL_STORE_FAILED */
export function listSegments(folder: string): SegmentFile[] {
  const segments = namesIn(folder).flatMap(name => segmentFile(folder, name))
  segments.sort(compare)
  let limit = Number.POSITIVE_INFINITY
  for (const segment of segments.toReversed()) {
    segment.limit = limit
    limit = Math.min(limit, segment.first)
  }
  return segments
}

/** Whether `segment` was begun after `other`, and so makes records of it void. */
export function isLater(segment: SegmentIdentity, other: SegmentIdentity): boolean {
  return compare(segment, other) > 0
}

/** The segments that hold records which are not void. */
export function listEffective(folder: string): SegmentFile[] {
  return listSegments(folder).filter(({ first, limit }) => first < limit)
}

/** The names of all files in `folder`; none when it is missing. @throws {MillraceError} MILL_STORE_FAILED */
export function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    throw failedReading(folder, error)
  }
}

function compare(one: SegmentIdentity, other: SegmentIdentity): number {
  return one.epoch - other.epoch || one.number - other.number
}

function segmentFile(folder: string, name: string): SegmentFile[] {
  const [, epoch, number, first, durability] = pattern.exec(name) ?? []
  if (durability === undefined) return []
  const identity = { epoch: Number(epoch), number: Number(number), first: Number(first) }
  const limit = Number.POSITIVE_INFINITY
  return [{ ...identity, durability: durability as Durability, name, path: join(folder, name), limit }]
}
