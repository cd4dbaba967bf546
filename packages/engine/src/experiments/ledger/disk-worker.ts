import { parentPort } from 'node:worker_threads'
import { type DiskJob, doDiskJob } from './disk-job.ts'

/** What the worker answers; undefined when the job is done. */
export type DiskAnswer = { readonly problem: string } | undefined

parentPort?.once('message', (job: DiskJob) => {
  let answer: DiskAnswer
  try {
    doDiskJob(job)
  } catch (error) {
    answer = { problem: error instanceof Error ? error.message : String(error) }
  }
  parentPort?.postMessage(answer, [])
})
