import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { MillraceError } from '@millrace/common'
import { raiseEpoch } from './epoch-file.ts'
import { type KernelLock, kernelLock } from './kernel-lock.ts'

/** How often a writer that took over tries to get the lock of the one it took over from. */
const retryMs = 1000

/** Longer than anyone has the lock who only asks who the writer is. */
const askingMs = 50

/** The right to write a journal, until a later lease is taken. */
export interface Lease {
  /** Larger than that of every earlier lease. */
  readonly epoch: number
  /** Whether no later lease was taken. One read of 16 bytes that the system has in memory, about 1 µs. */
  isCurrent(): boolean
  /** Let others become the writer. Releasing again does nothing. */
  release(): void
}

/** How to become a journal's writer. */
export interface LeaseOptions {
  /** `writer`: unless another is; `takeover`: whoever else is. */
  role: 'writer' | 'takeover'
  /** Milliseconds since 1970. */
  now: () => number
  /** The least the epoch may be. */
  atLeast: () => number
}

/**
 * Become the writer of the journal in `folder`, which exists. The lock keeps a second writer from starting and ends with
 * its process; the epoch keeps a former writer, perhaps one that only slept, from acknowledging anything.
 * @throws {MillraceError} MILL_WRITER_TAKEN with `details` `{ pid, host, since }`, or MILL_STORE_FAILED
 */
export function takeLease(folder: string, { role, now, atLeast }: LeaseOptions): Lease {
  const since = now()
  let lock = lockAsWriter(folder, since, role === 'writer' ? askingMs : 0)
  if (lock === undefined && role === 'writer') throw taken(folder)
  try {
    const epochFile = raiseEpoch(folder, atLeast())
    const retry = lock === undefined ? setInterval(getLock, retryMs).unref() : undefined
    function getLock(): void {
      tryTo(() => {
        lock = lockAsWriter(folder, since, 0)
      })
      if (lock !== undefined) clearInterval(retry)
    }
    return {
      epoch: epochFile.epoch,
      isCurrent: () => epochFile.isCurrent(),
      release() {
        clearInterval(retry)
        epochFile.close()
        unlock(folder, lock)
        lock = undefined
      }
    }
  } catch (error) {
    unlock(folder, lock)
    throw error
  }
}

/** The lock, with a note beside it that says who has it. */
function lockAsWriter(folder: string, since: number, waitMs: number): KernelLock | undefined {
  const lock = kernelLock(join(folder, 'writer.lock'), waitMs)
  if (lock !== undefined) tryTo(() => writeHolder(folder, since))
  return lock
}

function unlock(folder: string, lock: KernelLock | undefined): void {
  if (lock === undefined) return
  tryTo(() => rmSync(holderPath(folder), { force: true }))
  lock.release()
}

function writeHolder(folder: string, since: number): void {
  const path = holderPath(folder)
  writeFileSync(`${path}.tmp`, JSON.stringify({ pid: process.pid, host: hostname(), since }))
  renameSync(`${path}.tmp`, path)
}

function holderPath(folder: string): string {
  return join(folder, 'writer.json')
}

/** For what is a help and not needed: a full or failing disk shows itself in what is. */
function tryTo(work: () => void): void {
  try {
    work()
  } catch {
    // See above.
  }
}

function taken(folder: string): MillraceError {
  const holder = readHolder(folder)
  const who = holder === undefined ? 'another process' : `process ${holder.pid} on ${holder.host}`
  const when = holder === undefined ? '' : ` since ${new Date(holder.since).toISOString()}`
  const help = 'stop it, or follow the journal as a reader'
  return new MillraceError('MILL_WRITER_TAKEN', `journal ${folder} is written by ${who}${when}; ${help}`, {
    details: { path: folder, ...holder }
  })
}

/** Undefined where there is no readable note. */
function readHolder(folder: string): { pid: number; host: string; since: number } | undefined {
  try {
    const note = JSON.parse(readFileSync(holderPath(folder), 'utf8')) as Record<string, unknown>
    const { pid, host, since } = note
    if (typeof pid !== 'number' || typeof host !== 'string' || typeof since !== 'number') return undefined
    return { pid, host, since }
  } catch {
    return undefined
  }
}
