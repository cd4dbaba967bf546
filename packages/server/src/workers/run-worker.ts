import { rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { dirname } from 'node:path'
import { createModelServer, createResponseCache, type ModelServer, type ResponseCache } from '@millrace/engine'
import { createRuntime, type Runtime, usableCores } from '@millrace/runtime'
import { memoryRegistryStore } from '@millrace/store'
import type { App } from '../app-type.ts'
import { outputLogger } from '../cli/log-output.ts'
import type { Config } from '../config-schema.ts'
import { openConnections } from '../http/open-connections.ts'
import { closeAll, listenQuietly } from '../listen.ts'
import type { Logger } from '../logger.ts'
import { mirrorSource } from './mirror-source.ts'
import { ModelReplica } from './model-replica.ts'
import { createPassOn } from './pass-on.ts'
import { buildWorkerApp } from './worker-app.ts'
import { workerCounts } from './worker-counts.ts'
import type { FromWorker, ToWorker, WorkerOrder } from './worker-messages.ts'
import type { WorkerReport } from './worker-report.ts'

/** Be a worker of the process that forked this one, until it says to stop or is gone. */
export function runWorker(): void {
  let begun: Promise<Worker> | undefined
  process.on('message', (message: ToWorker) => {
    if (message.kind === 'start') {
      process.once('exit', () => removeLeftovers(message))
      begun = startWorker(message)
      begun.then(() => tell({ kind: 'mirrored', revision: message.mirror.revision }), fail)
    } else if (begun !== undefined) begun.then(worker => heed(worker, message)).catch(fail)
    // There is nothing to finish.
    else if (message.kind === 'stop') process.exit(0)
  })
  tell({ kind: 'born' })
}

async function heed(worker: Worker, message: Exclude<ToWorker, { kind: 'start' }>): Promise<void> {
  switch (message.kind) {
    case 'mirror':
      await worker.replica.follow(message.mirror)
      return tell({ kind: 'mirrored', revision: message.mirror.revision })
    case 'listen':
      return tell(await listen(worker.app, message))
    case 'open':
      worker.isOpen = true
      return
    case 'report':
      return tell({ kind: 'report', report: await worker.report() })
    case 'stop':
      await worker.close()
      process.exit(0)
  }
}

function tell(message: FromWorker): void {
  // The primary may be gone; then this process ends as well.
  if (process.connected) process.send!(message, undefined, undefined, () => undefined)
}

/** The primary starts another in its place. */
function fail(error: unknown): void {
  process.stderr.write(`millrace: a worker ends: ${error instanceof Error ? error.stack : String(error)}\n`)
  process.exit(1)
}

/** A primary that was killed could not remove its socket. */
function removeLeftovers({ primaryPath }: WorkerOrder): void {
  if (!process.connected) rmSync(dirname(primaryPath), { recursive: true, force: true })
}

async function listen(app: App, at: { host: string; port: number }): Promise<FromWorker> {
  try {
    await listenQuietly(app, at)
    return { kind: 'listening', address: app.server.address() as AddressInfo }
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    return { kind: 'refused', code, message }
  }
}

interface Worker {
  readonly app: App
  readonly replica: ModelReplica
  isOpen: boolean
  report(): Promise<WorkerReport>
  /** Answer what runs, then close everything. */
  close(): Promise<void>
}

async function startWorker({ worker: number, config, logLevel, primaryPath, mirror }: WorkerOrder): Promise<Worker> {
  const logger = outputLogger(logLevel).child({ worker: number })
  const counts = workerCounts()
  const cores = Math.max(1, Math.floor(usableCores() / config.workers))
  const runtime = createRuntime({ inlineLimitUs: config.inlineLimitUs, cores })
  const cache = cacheOf(config, logger)
  const source = mirrorSource()
  source.set(mirror.models)
  let replica: ModelReplica | undefined
  // What could not be loaded at first may be there later; names are settled once this event is over.
  const loaded = (): void => void setImmediate(() => replica?.compare())
  const events = { ...counts.events, loaded }
  const models = await openModels({ config, runtime, cache, source, events, logger })
  const own = (replica = new ModelReplica({ models, source, mirror }))
  const primary = createPassOn(primaryPath, logger)
  const worker: Worker = {
    app: buildWorkerApp({
      config,
      logger,
      replica: own,
      requests: counts.requests,
      metrics: counts.tally,
      primary,
      isReady: () => worker.isOpen
    }),
    replica: own,
    isOpen: false,
    async report() {
      const connections = await openConnections(worker.app)
      return counts.report({ statistics: models.statistics(), cache: cache?.counts(), connections, models: own.size })
    },
    async close() {
      await closeAll([worker])
      primary.close()
      await models.close()
      await runtime.close()
    }
  }
  return worker
}

interface ModelsOrder {
  config: Config
  runtime: Runtime
  cache: ResponseCache | undefined
  source: ReturnType<typeof mirrorSource>
  events: Parameters<typeof createModelServer>[0]['events']
  logger: Logger
}

/** What may be in memory, and what names stand for, is decided by the primary; the places in work are divided. */
function openModels({ config, runtime, cache, source, events, logger }: ModelsOrder): Promise<ModelServer> {
  const { workers, maxConcurrentRequests, queueLimit, requestTimeout, predictionCacheTtl } = config
  return createModelServer({
    sources: [source],
    runtime,
    registry: memoryRegistryStore(),
    cache,
    policy: { kind: 'all' },
    limits: {
      maxModels: Infinity,
      memoryBytes: Infinity,
      maxConcurrent: Math.max(1, Math.floor(maxConcurrentRequests / workers)),
      queueLimit: Math.floor(queueLimit / workers),
      requestTimeoutMs: requestTimeout * 1000
    },
    cacheTtlMs: predictionCacheTtl * 1000,
    events,
    log: logger.child({ service: 'inference' })
  })
}

function cacheOf({ cacheBytes, workers }: Config, logger: Logger): ResponseCache | undefined {
  const maxBytes = Math.floor(cacheBytes / (workers + 1))
  return maxBytes > 0 ? createResponseCache({ maxBytes, log: logger }) : undefined
}
