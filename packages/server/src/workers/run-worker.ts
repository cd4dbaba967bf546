import { rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { endNow } from '../cli/end-now.ts'
import { startWorker, type Worker } from './worker.ts'
import type { FromWorker, ToWorker, WorkerOrder } from './worker-messages.ts'

/** Be a worker of the process that forked this one, until it says to stop or is gone. */
export function runWorker(): void {
  let begun: Promise<Worker> | undefined
  // Before node:cluster does the same and waits for models that run.
  process.prependListener('disconnect', () => endNow(0))
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'start') {
      process.once('exit', () => removeLeftovers(message))
      begun = startWorker(message)
      begun.then(() => tell({ kind: 'mirrored', revision: message.mirror.revision }), fail)
    } else if (begun !== undefined) begun.then(worker => heed(worker, message)).catch(fail)
    // There is nothing to finish.
    else if (message.kind === 'stop') endNow(0)
  })
  tell({ kind: 'born' })
}

async function heed(worker: Worker, message: Exclude<ToWorker, { kind: 'start' }>): Promise<void> {
  switch (message.kind) {
    case 'mirror':
      await worker.follow(message.mirror)
      return tell({ kind: 'mirrored', revision: message.mirror.revision })
    case 'listen':
      return tell(await worker.listen(message))
    case 'open':
      return worker.open()
    case 'report':
      return tell({ kind: 'report', report: await worker.report() })
    case 'stop':
      await worker.close()
      endNow(0)
  }
}

function tell(message: FromWorker): void {
  // The primary may be gone; then this process ends as well.
  if (process.connected) process.send!(message, undefined, undefined, () => undefined)
}

/** The primary starts another in its place. */
function fail(error: unknown): void {
  process.stderr.write(`millrace: a worker ends: ${error instanceof Error ? error.stack : String(error)}\n`)
  endNow(1)
}

/** A primary that was killed could not remove its socket. */
function removeLeftovers({ primaryPath }: WorkerOrder): void {
  if (!process.connected) rmSync(dirname(primaryPath), { recursive: true, force: true })
}
