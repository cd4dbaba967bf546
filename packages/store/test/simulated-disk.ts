import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type FileOperations, fileOperations } from '../src/journal/file-operations.ts'

/** What an operation meets: `short` writes half and then finds the disk full. */
export type Fault = 'none' | 'ENOSPC' | 'EIO' | 'short'

/** A journal's folder on a disk that fails as it is told, and forgets in a power failure what was not synced. */
export interface SimulatedDisk {
  files: FileOperations
  /** What would be left after a power failure. */
  synced: Synced
  /** The folder as it would be found after the machine lost its power at this moment, put into `to`. */
  losePower(to: string, random: () => number): void
}

/** What a disk has for certain, by names of segments. */
export interface Synced {
  /** Contents of segments whose name is synced. */
  named: Map<string, Uint8Array>
  /** Contents of segments whose name is not synced yet. */
  nameless: Map<string, Uint8Array>
  /** Segments that the kernel failed to write, and will not try again: later syncs succeed without doing anything. */
  dropped: Set<string>
}

const sectorBytes = 512

/**
 * @param faults what the next writes and syncs meet, in their order; when they are used up, all goes well
 * @param synced what is on the disk for certain; all there is, unless a killed process has left it
 */
export function simulatedDisk(folder: string, faults: Fault[], synced: Synced = allOf(folder)): SimulatedDisk {
  const { named, nameless, dropped } = synced
  const paths = new Map<number, string>()

  function meets(done: (error: Error) => void): boolean {
    const fault = faults.shift() ?? 'none'
    if (fault === 'none') return false
    setImmediate(() => done(Object.assign(new Error(fault), { code: fault === 'short' ? 'EIO' : fault })))
    return true
  }
  function renamed(from: string, to: string): void {
    for (const [file, name] of paths) if (name === from) paths.set(file, to)
    const content = nameless.get(from)
    if (content !== undefined) nameless.set(to, content)
    nameless.delete(from)
    if (dropped.delete(from)) dropped.add(to)
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
        if (!dropped.has(name)) (named.has(name) ? named : nameless).set(name, readFileSync(join(folder, name)))
        done(null)
      })
    },
    rename(from, to, done) {
      if (meets(done)) return
      fileOperations.rename(from, to, error => {
        if (error === null) renamed(basename(from), basename(to))
        done(error)
      })
    },
    syncFolder(_folder, done) {
      if (meets(done)) return
      setImmediate(() => {
        for (const name of segmentsIn(folder)) {
          if (!named.has(name)) named.set(name, nameless.get(name) ?? Buffer.alloc(0))
        }
        for (const name of named.keys()) if (!existsSync(join(folder, name))) named.delete(name)
        done(null)
      })
    }
  }
  return {
    files,
    synced,
    losePower(to, random) {
      copyAsIs(folder, to)
      for (const name of new Set([...segmentsIn(folder), ...named.keys()])) {
        rmSync(join(to, name), { force: true })
        const kept = named.get(name)
        const present = readIfThere(join(folder, name))
        // A name that was neither synced nor its removal may be found or not.
        if ((kept === undefined || present === undefined) && random() < 0.5) continue
        const written = present ?? kept ?? Buffer.alloc(0)
        const certain = kept ?? nameless.get(name) ?? Buffer.alloc(0)
        writeFileSync(join(to, name), afterPowerFailure(certain, written, random))
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

function allOf(folder: string): Synced {
  const named = new Map<string, Uint8Array>(segmentsIn(folder).map(name => [name, readFileSync(join(folder, name))]))
  return { named, nameless: new Map(), dropped: new Set() }
}

/** Of what was written but not synced, any sector may be there or not. */
function afterPowerFailure(synced: Uint8Array, written: Uint8Array, random: () => number): Buffer {
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
