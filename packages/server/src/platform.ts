import { resolve } from 'node:path'
import {
  createLagFeatures,
  createObservationStream,
  createSnapshotter,
  type LagFeatures,
  learnerNames,
  type ModelServer,
  type Observation,
  type ObservationStream,
  readObservations,
  sampleDataFile,
  type ServedLearner,
  snapshotThread,
  type SnapshotterOptions
} from '@millrace/engine'
import type { DestinationStream } from 'pino'
import type { CommonDeps } from './app.ts'
import type { App } from './app-type.ts'
import { type Config, settings } from './config-schema.ts'
import { type LearnerPlace, openLearnerAt } from './open-learner-at.ts'
import { laterPendingStore } from './later-pending-store.ts'
import { closeAll, hostInUrl, type Service, type ServiceAddress } from './listen.ts'
import { startGrpc } from './grpc/start-grpc.ts'
import type { Logger } from './logger.ts'
import { openServing, type Serving } from './open-serving.ts'
import { type OpenThings, openThings } from './open-things.ts'
import { createProcessMetrics } from './process-metrics.ts'
import { buildCoinbase } from './services/coinbase.ts'
import { buildFeatures } from './services/features.ts'
import { buildInference } from './services/inference.ts'
import { buildIngestion } from './services/ingestion.ts'
import { buildModel } from './services/model.ts'
import type { ServiceName } from './service-names.ts'
import type { Stores } from './stores.ts'
import { type WriterRegistry, writerRegistry } from './writer-registry.ts'

/** The parts of the engine behind the services. */
export interface EngineParts {
  stream?: ObservationStream
  features?: LagFeatures
  /** The learner of the inference service. */
  defaultLearner?: ServedLearner
  /** Those of the model services, in the order of the services. */
  readonly learners: ServedLearner[]
}

/** Services with everything they stand on. */
export interface Platform {
  readonly services: readonly Service[]
  readonly parts: EngineParts
  /**
   * Let the models be asked over gRPC, if this process serves them.
   * @throws {MillraceError} MILL_PORT_TAKEN
   */
  listenGrpc(): Promise<ServiceAddress[]>
  /** Tell the other processes where the learners that this one teaches are to be found. */
  announce(addresses: readonly ServiceAddress[]): Promise<void>
  /** Answer what runs, then close services, learners and stores. */
  close(): Promise<void>
}

/**
 * Build the named services and what they stand on, and nothing more. Does not listen.
 * @throws {MillraceError} MILL_WRITER_TAKEN, MILL_JOURNAL_DAMAGED, MILL_STORE_FAILED or MILL_DATA_INVALID, with nothing
 *   left open
 */
export async function openPlatform(order: PlatformOrder): Promise<Platform> {
  const { config, names, logger } = order
  const things = openThings()
  try {
    const foundations = await lay(things, order)
    const parts: EngineParts = { learners: [] }
    const common = { config, logger, processMetrics: createProcessMetrics() }
    const services = names.map(name => {
      const app = build(name, { parts, common, foundations })
      const front = name === 'inference' ? foundations.serving?.workers?.inFrontOf(app) : undefined
      return { name, app, ...portOf(name, config, names.length === 1), ...front }
    })
    return {
      services,
      parts,
      announce: addresses => foundations.writers.announce(addresses),
      async listenGrpc() {
        if (foundations.serving === undefined) return []
        const { models } = foundations.serving
        const grpc = await things.keep(openGrpc(config, models, logger))
        return [{ name: 'inference-grpc', url: grpc.url }]
      },
      async close() {
        await closeAll(services)
        await things.close()
      }
    }
  } catch (error) {
    await things.close()
    throw error
  }
}

/** What has to be opened, and takes time, before services can be built. */
interface Foundations {
  serving: Serving | undefined
  stores: Stores | undefined
  observations: readonly Observation[]
  learners: ReadonlyMap<ServiceName, ServedLearner>
  writers: WriterRegistry
}

/** What {@link openPlatform} is given. */
export interface PlatformOrder {
  config: Config
  names: readonly ServiceName[]
  logger: Logger
  /** What `beginStores` has begun for these services. */
  stores: Promise<Stores> | undefined
  /** Where log lines of other processes go; to standard output unless given. */
  logs?: DestinationStream | undefined
}

/** Open all that the services need, side by side. */
async function lay(things: OpenThings, order: PlatformOrder): Promise<Foundations> {
  const { config, names, logger, logs } = order
  const stores = order.stores && things.keep(order.stores)
  // Why it failed is told where it is waited for.
  stores?.catch(() => undefined)
  const workers =
    config.workers > 1 && names.includes('inference')
      ? await things.keep((await import('./workers/start-workers.ts')).startWorkers({ config, logger, logs }))
      : undefined
  const taught = names.flatMap(service => {
    const place = learnerPlace(service, config)
    return place === undefined ? [] : [{ service, ...place }]
  })
  const pending = laterPendingStore(async () => (await stores)!.pending)
  const snapshotter = createSnapshotter(snapshotSettings(config, logger))
  const desk = { config, logger, pending, snapshotter }
  const [openedStores, observations, ...learners] = await things.together([
    stores,
    names.includes('ingestion') ? readStream(config) : [],
    ...taught.map(async ({ service, ...place }) => ({
      service,
      learner: await things.keep(openLearnerAt(place, desk))
    }))
  ])
  // Kept last, to be closed first: learners wait for a snapshot that is under way.
  await things.keep(snapshotter)
  const byService = new Map(learners.map(({ service, learner }) => [service, learner]))
  const serving = names.includes('inference')
    ? await openServing(things, { config, stores: openedStores!, learners: byService, logger, workers })
    : undefined
  const writers = writerRegistry({ learners: byService, registry: openedStores?.registry, host: config.host, logger })
  return { serving, stores: openedStores, observations, learners: byService, writers }
}

async function openGrpc(config: Config, models: ModelServer, logger: Logger) {
  const { host, portGrpc: port, inferBodyLimitBytes: maxMessageBytes, unitHeader } = config
  const log = logger.child({ service: 'inference-grpc' })
  const grpc = await startGrpc({ models, host, port, log, maxMessageBytes, unitHeader, isReady: models.hasStarted })
  return { url: `grpc://${hostInUrl(host)}:${grpc.port}`, close: () => grpc.close() }
}

const portKeys = {
  inference: 'portInference',
  features: 'portFeatures',
  ingestion: 'portIngestion',
  coinbase: 'portCoinbase',
  linear_regression: 'portLinear',
  ridge_regression: 'portRidge',
  knn_regressor: 'portKnn',
  amf_regressor: 'portAmf'
} as const satisfies Record<ServiceName, keyof Config>

/** PORT is meant for a service that is alone in its process. */
function portOf(name: ServiceName, config: Config, isAlone: boolean): Pick<Service, 'port' | 'portSetting'> {
  if (isAlone && config.port !== undefined) return { port: config.port, portSetting: 'PORT' }
  const key = portKeys[name]
  return { port: config[key], portSetting: settings.get(key)!.env }
}

interface Workshop {
  parts: EngineParts
  common: CommonDeps & { config: Config }
  foundations: Foundations
}

function build(name: ServiceName, { parts, common, foundations }: Workshop): App {
  const { config } = common
  const { serving, stores, observations, learners, writers } = foundations
  switch (name) {
    case 'inference': {
      const learner = learners.get(name)!
      parts.defaultLearner = learner
      const { connection } = stores!
      return buildInference({
        ...common,
        ...serving!,
        connections: serving!.workers?.connections,
        learner,
        findWriter: writers.finder(learner.id),
        redisConnected: () => connection?.isConnected
      })
    }
    case 'features': {
      parts.features = createLagFeatures({ series: stores!.series, lags: config.nLags })
      return buildFeatures({ ...common, features: parts.features, redis: stores!.redis })
    }
    case 'ingestion': {
      parts.stream = createObservationStream({ observations, cursors: stores!.cursors, name: streamName(config) })
      return buildIngestion({ ...common, stream: parts.stream })
    }
    case 'coinbase':
      return buildCoinbase(common)
    case 'linear_regression':
    case 'ridge_regression':
    case 'knn_regressor':
    case 'amf_regressor': {
      const learner = learners.get(name)!
      parts.learners.push(learner)
      return buildModel({ ...common, learner, findWriter: writers.finder(learner.id) })
    }
  }
}

/** The learner of a service: the inference service has one of its own, so that it can be another than the models'. */
function learnerPlace(service: ServiceName, { modelName }: Config): LearnerPlace | undefined {
  if (service === 'inference') return { id: `inference-${modelName}`, name: modelName }
  const name = learnerNames.find(each => each === service)
  return name && { id: name, name }
}

function snapshotSettings(config: Config, log: Logger): SnapshotterOptions {
  return {
    runner: snapshotThread(),
    bytes: config.snapshotBytes,
    intervalMs: config.snapshotInterval * 1000,
    retentionBytes: config.journalRetentionBytes,
    log
  }
}

function readStream({ dataFile, inputColumn, targetColumn }: Config): Promise<Observation[]> {
  return readObservations(dataFile ?? sampleDataFile, { inputColumn, targetColumn })
}

/** Every file has its own cursor, so that changing the file and changing back goes on where it was. */
function streamName({ dataFile }: Config): string {
  return dataFile === undefined ? 'sample' : resolve(dataFile)
}
