import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { kernelLock } from './kernel-lock.ts'

/** The process that writes a journal, as far as it is known. */
export interface RunningWriter {
  pid: number | undefined
  /** Name of the machine or container. */
  host: string | undefined
  /** Milliseconds since 1970. */
  since: number | undefined
}

/**
 * Who writes the journal in `folder` at present; undefined when nobody does. Changes nothing, and takes the writer's
 * lock, where nobody has it, for some 50 µs. Where that cannot be tried, as on a read-only disk, a note that a writer
 * left behind is believed.
 */
export function runningWriter(folder: string): RunningWriter | undefined {
  const path = join(folder, 'writer.lock')
  if (!existsSync(path)) return undefined
  const note = noteIn(folder)
  try {
    const lock = kernelLock(path)
    if (lock === undefined) return note ?? { pid: undefined, host: undefined, since: undefined }
    lock.release()
    return undefined
  } catch {
    return note
  }
}

/** Undefined where there is no readable note. */
function noteIn(folder: string): RunningWriter | undefined {
  try {
    const { pid, host, since } = JSON.parse(readFileSync(join(folder, 'writer.json'), 'utf8')) as Record<
      string,
      unknown
    >
    return { pid: Number(pid), host: String(host), since: Number(since) }
  } catch {
    return undefined
  }
}
