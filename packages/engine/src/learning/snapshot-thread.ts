import { Worker } from 'node:worker_threads'
import { type ErrorCode, MillraceError } from '@millrace/common'
import type { SnapshotAnswer } from './snapshot-worker.ts'
import type { SnapshotRunner } from './snapshotter.ts'
import type { SnapshotJob } from './take-snapshot.ts'

/** Takes snapshots in a worker thread, which begins with the first and stays for the next. One job at a time. */
export function snapshotThread(): SnapshotRunner {
  let worker: Worker | undefined
  return {
    async run(job) {
      worker ??= startWorker(ended => {
        if (worker === ended) worker = undefined
      })
      const answer = await answerOf(worker, job)
      if ('report' in answer) return answer.report
      const { code, message, details } = answer
      throw new MillraceError(code as ErrorCode, message, { details })
    },
    async close() {
      await worker?.terminate()
    }
  }
}

function startWorker(onEnd: (worker: Worker) => void): Worker {
  const worker = new Worker(new URL('./snapshot-worker.ts', import.meta.url))
  worker.unref()
  worker.on('error', () => onEnd(worker)).on('exit', () => onEnd(worker))
  return worker
}

function answerOf(worker: Worker, job: SnapshotJob): Promise<SnapshotAnswer> {
  const { promise, resolve, reject } = Promise.withResolvers<SnapshotAnswer>()
  const onExit = (): void => reject(new Error('the thread that takes snapshots has ended'))
  worker.once('message', resolve).once('error', reject).once('exit', onExit)
  worker.postMessage(job, [])
  return promise.finally(() => worker.off('message', resolve).off('error', reject).off('exit', onExit))
}
