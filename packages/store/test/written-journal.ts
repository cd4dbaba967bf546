import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32 } from 'node:zlib'
import { MillraceError } from '@millrace/common'
import { type Durability, type JournalNote, openJournalReader, openJournalWriter } from '../src/index.ts'
import { append, texts } from './journal-appends.ts'
import { copyAsIs } from './simulated-disk.ts'

/** The appends of a written journal, one frame each. The first three fill a segment. */
const frames = [['one', ''], ['three'], ['four, which is longer than the others', 'five', 'six'], ['seven'], ['eight']]

/** Its records, as they are read back. */
export const allRecords = frames.flat().map((text, index) => `${index + 1} ${text}`)

/** A journal of five frames in two segments. */
export interface WrittenJournal {
  /** The folder as a kill would leave it. */
  unsealed: string
  /** The folder after a clean stop. */
  sealed: string
  /** Where each frame ends, and how many records there are up to there. */
  ends: { segment: string; bytes: number; records: number }[]
}

export async function writtenJournal(folder: string, durability: Durability): Promise<WrittenJournal> {
  const [active, unsealed, sealed] = [join(folder, 'active'), join(folder, 'unsealed'), join(folder, 'sealed')]
  const { writer } = await openJournalWriter(active, { durability, segmentBytes: 160, now: () => 5 })
  const ends: WrittenJournal['ends'] = []
  for (const payloads of frames) {
    await append(writer, ...payloads)
    await writer.flush()
    const segment = segmentsIn(active).at(-1)!
    ends.push({ segment, bytes: statSync(join(active, segment)).size, records: writer.lastSequence })
  }
  copyAsIs(active, unsealed)
  await writer.close()
  copyAsIs(active, sealed)
  return { unsealed, sealed, ends }
}

/** The names of a journal's segment files, oldest first. */
export function segmentsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter(name => name.endsWith('.segment'))
    .toSorted()
}

let copies = 0

/** A copy of the journal in which one segment's bytes are changed, or gone when `change` returns undefined. */
export function copyWith(
  folder: string,
  segment: string | undefined,
  change: (bytes: Buffer) => Buffer | undefined
): string {
  const copy = `${folder}-${copies++}`
  mkdirSync(copy)
  for (const name of segmentsIn(folder)) {
    const bytes = readFileSync(join(folder, name))
    const changed = name === segment ? change(bytes) : bytes
    if (changed !== undefined) writeFileSync(join(copy, name), changed)
  }
  return copy
}

/** The bytes with one bit of the byte at `offset` turned over. */
export function flipped(bytes: Buffer, offset: number): Buffer {
  bytes[offset]! ^= 1 << (offset % 8)
  return bytes
}

/** Header of a file of a newer version: the fourth number of all headers, under a checksum that fits. */
export function ofNewerVersion(bytes: Buffer): Buffer {
  bytes.writeUInt32LE(2, 8)
  bytes.writeUInt32LE(crc32(bytes.subarray(0, 60)), 60)
  return bytes
}

/** The records that a reader finds, or the code of its error. */
export function readBack(folder: string, from = 1): string[] | string {
  try {
    return texts(openJournalReader(folder).records(from))
  } catch (error) {
    if (error instanceof MillraceError) return error.code
    throw error
  }
}

/** The records that a new writer finds, and the notes it makes, or the code of its error. It appends one more record. */
export async function reopened(
  folder: string,
  durability: Durability
): Promise<{ found: string[] | string; notes: JournalNote[] }> {
  try {
    const { writer, reader, notes } = await openJournalWriter(folder, { durability })
    const found = texts(reader.records(1))
    await append(writer, 'more')
    await writer.close()
    const now = texts(reader.records(1))
    if (now.join() !== [...found, `${found.length + 1} more`].join()) throw new Error(`read back ${now.join()}`)
    return { found, notes }
  } catch (error) {
    if (error instanceof MillraceError) return { found: error.code, notes: [] }
    throw error
  }
}
