import { Worker } from 'node:worker_threads'
import { MillraceError } from '@millrace/common'
import type { DiskJob } from './disk-job.ts'
import type { DiskAnswer } from './disk-worker.ts'

/** Does work on files somewhere else than on the thread that serves. */
export type DiskRunner = (job: DiskJob) => Promise<void>

/**
 * Do a job in a thread that begins and ends with it, so that none takes up memory in between.
 * @throws {MillraceError} MILL_STORE_FAILED
 */
export async function diskThread(job: DiskJob): Promise<void> {
  const worker = new Worker(new URL('./disk-worker.ts', import.meta.url))
  worker.unref()
  const { promise, resolve, reject } = Promise.withResolvers<DiskAnswer>()
  worker
    .on('message', resolve)
    .on('error', reject)
    .on('exit', () => reject(new MillraceError('MILL_STORE_FAILED', 'the thread that writes snapshots has ended')))
  worker.postMessage(
    job,
    job.pieces.map(({ buffer }) => buffer as ArrayBuffer)
  )
  const answer = await promise.finally(() => void worker.terminate())
  if (answer !== undefined) {
    throw new MillraceError('MILL_STORE_FAILED', answer.problem, { details: { path: job.folder } })
  }
}
