import { outputLogger } from '../cli/log-output.ts'
import { openConnections } from '../http/open-connections.ts'
import { closeAll } from '../listen.ts'
import { type Listening, listenEverywhere } from './listen-everywhere.ts'
import { createPassOn } from './pass-on.ts'
import { buildWorkerApp } from './worker-app.ts'
import { workerCounts } from './worker-counts.ts'
import type { FromWorker, WorkerOrder } from './worker-messages.ts'
import type { ModelMirror } from './model-mirror.ts'
import { openWorkerModels } from './worker-models.ts'
import type { WorkerReport } from './worker-report.ts'

/** A worker at work. */
export interface Worker {
  /** Resolves when requests are answered by what the primary serves now. */
  follow(mirror: ModelMirror): Promise<void>
  listen(at: { host: string; port: number }): Promise<FromWorker>
  /** All workers listen: say so to everybody who asks. */
  open(): void
  report(): Promise<WorkerReport>
  /** Answer what runs, then close everything. */
  close(): Promise<void>
}

/** Open everything but the port. */
export async function startWorker(order: WorkerOrder): Promise<Worker> {
  const { worker: number, config, logLevel, primaryPath, mirror } = order
  const logger = outputLogger(logLevel).child({ worker: number })
  const { events, requests, tally, report } = workerCounts()
  const models = await openWorkerModels({ config, mirror, events, logger })
  const { replica } = models
  const primary = createPassOn(primaryPath, logger)
  let isOpen = false
  let listening: Listening | undefined
  const app = buildWorkerApp({
    config,
    logger,
    replica,
    requests,
    metrics: tally,
    primary,
    isReady: () => isOpen && replica.mirror.hasStarted
  })
  return {
    follow: next => replica.follow(next),
    async listen(at) {
      try {
        listening = await listenEverywhere(app, at)
        return { kind: 'listening', address: listening.address }
      } catch (error) {
        const { code = '', message } = error as NodeJS.ErrnoException
        return { kind: 'refused', code, message }
      }
    },
    open() {
      isOpen = true
    },
    async report() {
      const connections = await openConnections(app)
      return report({ statistics: models.statistics(), cache: models.cache(), connections, models: replica.size })
    },
    async close() {
      listening?.close()
      await closeAll([{ app }])
      primary.close()
      await models.close()
    }
  }
}
