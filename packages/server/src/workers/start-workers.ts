import { rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CacheCounts, Experiments, ModelServer, ServingEvents } from '@millrace/engine'
import type { DestinationStream } from 'pino'
import type { Registry } from 'prom-client'
import type { App } from '../app-type.ts'
import type { Config } from '../config-schema.ts'
import { dataModel } from '../documents/data-model.ts'
import { listenQuietly } from '../listen.ts'
import type { Logger } from '../logger.ts'
import type { Counts } from '../metrics/add-counts.ts'
import { onlyModel } from '../protocols/mlflow/only-model.ts'
import { decidedNames } from './decided-names.ts'
import { leadingExperiments } from './leading-experiments.ts'
import { leadingModels } from './leading-models.ts'
import { mirroredModels } from './model-mirror.ts'
import { registerWorkerMetrics } from './worker-metrics.ts'
import { WorkerPool } from './worker-pool.ts'
import { type WorkerTotals, workerTotals } from './worker-totals.ts'

/** What {@link startWorkers} is given. */
export interface WorkersOrder {
  config: Config
  logger: Logger
  /** Where log lines of workers go; to standard output unless given. */
  logs?: DestinationStream | undefined
}

/** Worker processes that answer the inference port in place of the app, and pass on to it what they do not. */
export interface Workers {
  /** What workers have counted. */
  counts(): Counts
  cache(own: CacheCounts): CacheCounts
  connections(): Promise<number>
  /** Events of the models, which workers follow from now on. */
  heeding(events: ServingEvents): ServingEvents
  /** The same models: changes of them are over when all workers have taken them over, and statistics are of all. */
  lead(models: ModelServer): ModelServer
  /** The same experiments: workers leave to this process what they decide about, and changes are over when all do. */
  decideBy(experiments: Experiments): Experiments
  /** Let the workers have what is served and decided about now, without waiting for them. */
  publishSoon(): void
  register(registry: Registry): void
  /** What listens in place of the app. Call before the app is ready. */
  inFrontOf(app: App): {
    listen(at: { host: string; port: number }): Promise<AddressInfo>
    unlisten(): Promise<void>
  }
  /** End what still runs. */
  close(): Promise<void>
}

/** Fork the workers; what takes long in them goes on while this process opens what it needs. */
export function startWorkers({ config, logger, logs }: WorkersOrder): Workers {
  const pool: WorkerPool = new WorkerPool({ config, logger, logs, lost: report => totals.keep(report) })
  const reports = () => pool.workers.flatMap(({ report }) => report ?? [])
  const totals: WorkerTotals = workerTotals(reports)
  let own: ModelServer | undefined
  let deciding: Experiments | undefined
  let removeFolder: (() => void) | undefined
  const look = () => ({
    models: mirroredModels(own!),
    hasStarted: own!.hasStarted(),
    dataModel: dataModel(own!, config.dataModel).name(),
    invokedModel: onlyModel(own!) ?? config.dataModel,
    decided: deciding === undefined ? [] : decidedNames(deciding)
  })
  const publishSoon = (): void => void setImmediate(() => void pool.publish())
  return {
    counts: totals.counts,
    cache: totals.cache,
    async connections() {
      await pool.collect()
      return reports().reduce((sum, { connections }) => sum + connections, 0)
    },
    heeding: events => ({
      ...events,
      loaded(served) {
        events.loaded?.(served)
        publishSoon()
      },
      unloaded(served) {
        events.unloaded?.(served)
        publishSoon()
      },
      aliasMoved(moved) {
        events.aliasMoved?.(moved)
        publishSoon()
      }
    }),
    lead(models) {
      own = models
      return leadingModels(models, { publish: () => pool.publish(), statistics: totals.statistics })
    },
    decideBy(experiments) {
      deciding = experiments
      return leadingExperiments(experiments, () => pool.publish())
    },
    publishSoon,
    register: registry => registerWorkerMetrics(registry, pool),
    inFrontOf(app) {
      app.addHook('onRequest', async ({ routeOptions: { url } }) => {
        if (url === '/metrics' || url?.endsWith('/stats') === true) await pool.collect()
      })
      return {
        async listen(at) {
          // Of this user alone.
          const folder = await mkdtemp(join(tmpdir(), `millrace-${process.pid}-`))
          removeFolder = () => rmSync(folder, { recursive: true, force: true })
          process.once('exit', removeFolder)
          const primaryPath = join(folder, 'primary')
          // Workers decide which of their connections they keep: one that closes while it is used would lose a request.
          app.server.keepAliveTimeout = 0
          await listenQuietly(app, { path: primaryPath })
          return pool.listen(at, { primaryPath, look })
        },
        unlisten: () => pool.stop()
      }
    },
    async close() {
      await pool.stop()
      removeFolder?.()
    }
  }
}
