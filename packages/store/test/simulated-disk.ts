import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type FileOperations, fileOperations } from '../src/journal/file-operations.ts'

/** What an operation meets: `short` writes half and then finds the disk full. */
export type Fault = 'none' | 'ENOSPC' | 'EIO' | 'short'

/** A journal's folder on a disk that fails as it is told, and forgets in a power failure what was not synced. */
export interface SimulatedDisk {
  files: FileOperations
  /** The folder as it would be found after the machine lost its power at this moment, put into `to`. */
  losePower(to: string, random: () => number): void
}

const sectorBytes = 512

/** @param faults what the next writes and syncs meet, in their order; when they are used up, all goes well */
export function simulatedDisk(folder: string, faults: Fault[]): SimulatedDisk {
  /** What would be found of each segment whose name is durable. */
  const durable = new Map<string, Buffer>(segmentsIn(folder).map(name => [name, readFileSync(join(folder, name))]))
  /** What was synced of segments whose name is not durable yet. */
  const nameless = new Map<string, Buffer>()
  const paths = new Map<number, string>()
  /** Files that the kernel has dropped writes of. */
  const dropped = new Set<string>()

  function meets(done: (error: Error) => void): boolean {
    const fault = faults.shift() ?? 'none'
    if (fault === 'none') return false
    setImmediate(() => done(Object.assign(new Error(fault), { code: fault === 'short' ? 'EIO' : fault })))
    return true
  }
  const files: FileOperations = {
    ...fileOperations,
    open(path, flags, done) {
      fileOperations.open(path, flags, (error, file) => {
        paths.set(file, basename(path))
        done(error, file)
      })
    },
    write(file, bytes, offset, length, position, done) {
      const half = Math.ceil(length / 2)
      if (faults[0] === 'short') {
        faults[0] = 'ENOSPC'
        return fileOperations.write(file, bytes, offset, half, position, done)
      }
      if (meets(error => done(error, 0))) return
      fileOperations.write(file, bytes, offset, length, position, done)
    },
    fdatasync(file, done) {
      const name = paths.get(file)!
      if (meets(done)) return void dropped.add(name)
      setImmediate(() => {
        if (!dropped.has(name)) (durable.has(name) ? durable : nameless).set(name, readFileSync(join(folder, name)))
        done(null)
      })
    },
    syncFolder(_folder, done) {
      if (meets(done)) return
      setImmediate(() => {
        for (const name of segmentsIn(folder)) {
          if (!durable.has(name)) durable.set(name, nameless.get(name) ?? Buffer.alloc(0))
        }
        for (const name of durable.keys()) if (!existsSync(join(folder, name))) durable.delete(name)
        done(null)
      })
    }
  }
  return {
    files,
    losePower(to, random) {
      copyAsIs(folder, to)
      for (const name of new Set([...segmentsIn(folder), ...durable.keys()])) {
        rmSync(join(to, name), { force: true })
        const kept = durable.get(name)
        const present = readIfThere(join(folder, name))
        // A name that was neither synced nor its removal may be found or not.
        if ((kept === undefined || present === undefined) && random() < 0.5) continue
        const written = present ?? kept ?? Buffer.alloc(0)
        const synced = kept ?? nameless.get(name) ?? Buffer.alloc(0)
        writeFileSync(join(to, name), afterPowerFailure(synced, written, random))
      }
    }
  }
}

/** A journal's folder as a process finds it that starts at this moment, put into `to`. */
export function copyAsIs(folder: string, to: string): void {
  mkdirSync(to)
  for (const name of readdirSync(folder).filter(one => !one.includes('lock'))) {
    const bytes = readIfThere(join(folder, name))
    if (bytes !== undefined) writeFileSync(join(to, name), bytes)
  }
}

/** Undefined when a writer that is still at work has just removed the file. */
function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Of what was written but not synced, any sector may be there or not. */
function afterPowerFailure(synced: Buffer, written: Buffer, random: () => number): Buffer {
  const size = random() < 0.5 ? synced.length : written.length
  const bytes = Buffer.alloc(size)
  for (let at = 0; at < size; at += sectorBytes) {
    const sector = (random() < 0.5 ? synced : written).subarray(at, Math.min(size, at + sectorBytes))
    bytes.set(sector, at)
  }
  return bytes
}

function segmentsIn(folder: string): string[] {
  return readdirSync(folder).filter(name => name.endsWith('.segment'))
}
