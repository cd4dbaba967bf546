import { parentPort } from 'node:worker_threads'
import { MillraceError } from '@millrace/common'
import { type SnapshotJob, takeSnapshot } from './take-snapshot.ts'

/** What the worker answers: an error does not keep its class on the way. */
export type SnapshotAnswer =
  | { report: ReturnType<typeof takeSnapshot> }
  | { code: string; message: string; details: Record<string, unknown> }

parentPort?.on('message', (job: SnapshotJob) => {
  const answer = answerTo(job)
  parentPort?.postMessage(answer, [])
})

function answerTo(job: SnapshotJob): SnapshotAnswer {
  try {
    return { report: takeSnapshot(job) }
  } catch (error) {
    if (error instanceof MillraceError) {
      const { code, message, details } = error
      return { code, message, details: { ...details } }
    }
    return { code: 'MILL_INTERNAL', message: String(error), details: {} }
  }
}
