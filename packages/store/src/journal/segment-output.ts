import { join } from 'node:path'
import type { Durability } from '../durability.ts'
import { type FileOperations, writeAll } from './file-operations.ts'
import type { FrameBatch } from './frame-batch.ts'
import { segmentName, unfinishedName } from './segment-files.ts'
import { frameSeed, putSegmentHeader, segmentHeaderBytes, type SegmentIdentity } from './segment-format.ts'

/** What the frames of one writer go to. */
export interface SegmentOutputOptions {
  folder: string
  epoch: number
  durability: Durability
  /** A segment that has grown to this size is followed by another. */
  segmentBytes: number
  files: FileOperations
  /** What keeps this process from writing, above all a later writer; asked before a frame counts as written. */
  obstacle: () => Error | undefined
}

/** One frame to be written. */
export interface FrameToWrite {
  /** Without it nothing but the header of a new segment is written. */
  batch?: FrameBatch
  /** Position of its first record. */
  first: number
  /**
   * Whether it may hold records that an earlier segment holds too. It is synced then, whatever the durability, before its
   * segment gets the name that makes those void: a process that dies in between must not take them away.
   */
  replaces?: boolean
}

type Done = (error: Error | null) => void

interface OpenSegment extends SegmentIdentity {
  file: number
  /** Where it is now. */
  path: string
  seed: number
  /** Where the next frame goes; 0 until the header is written, which goes together with the first frame. */
  position: number
}

/**
 * Puts frames into segment files, one at a time. A frame that fails leaves its segment for good: the next one begins
 * another, whose first sequence makes void whatever of the failed frame has reached the disk. That also keeps from
 * trusting a file whose fsync failed: the kernel may have dropped what it could not write, and would not say so again.
 */
export class SegmentOutput {
  readonly #options: SegmentOutputOptions
  #segment: OpenSegment | undefined
  #number = 0

  constructor(options: SegmentOutputOptions) {
    this.#options = options
  }

  /** Whether a segment of this writer is open. */
  get isOpen(): boolean {
    return this.#segment !== undefined
  }

  /** Write a frame; it is as durable as the journal promises once `done` is called without an error. */
  write(frame: FrameToWrite, done: Done): void {
    const isSeal = frame.batch?.count === 0
    if (this.#segment !== undefined && this.#segment.position >= this.#options.segmentBytes && !isSeal) {
      // Nobody waits for the file to be closed: all in it is as durable as was asked for.
      this.close(() => {})
    }
    if (this.#segment !== undefined) return this.#put(this.#segment, frame, done)
    const obstacle = this.#options.obstacle()
    if (obstacle !== undefined) return done(obstacle)
    this.#begin(frame, (error, segment) => {
      if (segment === undefined) return done(error)
      this.#put(segment, frame, done)
    })
  }

  /** Close the file, if one is open. */
  close(done: () => void): void {
    const segment = this.#segment
    this.#segment = undefined
    if (segment === undefined) return done()
    this.#options.files.close(segment.file, () => done())
  }

  #begin({ first, replaces = false }: FrameToWrite, done: (error: Error | null, segment?: OpenSegment) => void): void {
    const { folder, epoch, durability, files } = this.#options
    this.#number++
    const identity = { epoch, number: this.#number, first, durability }
    const name = segmentName(identity)
    const path = join(folder, replaces ? unfinishedName(name) : name)
    files.open(path, 'wx', (error, file) => {
      if (error !== null) return done(error)
      this.#segment = { ...identity, file, path, seed: frameSeed(identity), position: 0 }
      done(null, this.#segment)
    })
  }

  #put(segment: OpenSegment, { batch, first, replaces = false }: FrameToWrite, done: Done): void {
    const { files, durability } = this.#options
    const isFresh = segment.position === 0
    const bytes = batch?.frame(first, segment.seed) ?? Buffer.alloc(segmentHeaderBytes)
    if (isFresh) putSegmentHeader(bytes, segment, batch?.time ?? 0)
    const offset = isFresh ? 0 : segmentHeaderBytes
    const finish: Done = error => {
      const obstacle = this.#options.obstacle()
      // A later writer removes what is not finished, so its being there explains an error as well.
      if (error !== null) return this.#abandon(segment, () => done(obstacle ?? error))
      // Its bytes stay where they are: the later writer may be reading them.
      if (obstacle !== undefined) return this.close(() => done(obstacle))
      segment.position += bytes.length - offset
      done(null)
    }
    writeAll(files, segment.file, bytes, offset, segment.position, error => {
      if (error !== null) return finish(error)
      const settle: Done = syncError =>
        syncError === null && isFresh ? this.#name(segment, finish) : finish(syncError)
      if (durability === 'fsync' || replaces) files.fdatasync(segment.file, settle)
      else settle(null)
    })
  }

  /**
   * A new file is durable only once its name is. Done whatever the durability, because it costs little: a power failure
   * may then take records from the end of a journal, but not from its middle.
   */
  #name(segment: OpenSegment, done: Done): void {
    const { files, folder } = this.#options
    const path = join(folder, segmentName(segment))
    if (segment.path === path) return files.syncFolder(folder, done)
    files.rename(segment.path, path, error => {
      if (error !== null) return done(error)
      segment.path = path
      files.syncFolder(folder, done)
    })
  }

  /** Take a failed frame away, as far as that works: the void rule holds without it. */
  #abandon(segment: OpenSegment, done: () => void): void {
    const { files } = this.#options
    this.#segment = undefined
    const close = (): void => files.close(segment.file, () => done())
    if (segment.position === 0) files.unlink(segment.path, close)
    else files.ftruncate(segment.file, segment.position, close)
  }
}
