import { createWriteStream, statSync } from 'node:fs'
import { rename, rm } from 'node:fs/promises'
import type { Writable } from 'node:stream'
import { backupFailed, besideName } from './backup-files.ts'
import { type CommandProcess, untilStopped } from './command-process.ts'

/**
 * Do work that writes to a file, or to standard output. The file appears under its name only when the work is done; when
 * the work fails or is stopped, a former file stays. What is no plain file, such as a named pipe, is written to at once.
 * @param file undefined for standard output
 * @param work ends soon after its signal aborts, without an error
 * @returns the exit code
 * @throws {MillraceError} MILL_OUTPUT_FAILED; what `work` throws
 */
export async function writeToFile(
  file: string | undefined,
  host: CommandProcess,
  work: (sink: Writable, signal: AbortSignal) => Promise<void>
): Promise<number> {
  if (file === undefined) return await untilStopped(host, signal => work(host.stdout, signal).then(() => 0))
  const isPlain = statSync(file, { throwIfNoEntry: false })?.isFile() ?? true
  const path = isPlain ? besideName(file, 'unfinished') : file
  const sink = createWriteStream(path)
  try {
    return await untilStopped({ stdout: sink, onInterrupt: host.onInterrupt.bind(host) }, async signal => {
      await work(sink, signal)
      await closed(sink)
      if (isPlain && !signal.aborted) await rename(path, file)
      return 0
    })
  } catch (error) {
    throw backupFailed(file, error)
  } finally {
    await closed(sink)
    if (isPlain) await rm(path, { force: true })
  }
}

/** Ends a stream; resolves when it is closed, whether or not all could be written. */
function closed(sink: Writable): Promise<void> {
  return new Promise(resolve => {
    if (sink.closed) return resolve()
    sink.once('close', resolve)
    sink.end()
  })
}
