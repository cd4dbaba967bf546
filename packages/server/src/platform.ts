import { join, resolve } from 'node:path'
import {
  createLagFeatures,
  createObservationStream,
  createOnlineModel,
  type LagFeatures,
  type LearnerName,
  learnerNames,
  type ObservationStream,
  type OnlineModel,
  readObservations,
  sampleDataFile
} from '@millrace/engine'
import { type Database, openDatabase, sqliteCursorStore, sqliteSeriesStore } from '@millrace/store'
import type { CommonDeps } from './app.ts'
import type { App } from './app-type.ts'
import { type Config, settings } from './config-schema.ts'
import { closeAll, type Service } from './listen.ts'
import type { Logger } from './logger.ts'
import { createProcessMetrics } from './process-metrics.ts'
import { buildCoinbase } from './services/coinbase.ts'
import { buildFeatures } from './services/features.ts'
import { buildInference } from './services/inference.ts'
import { buildIngestion } from './services/ingestion.ts'
import { buildModel } from './services/model.ts'

/** The services by the names that people see; a model service has the name of its learner. */
export const serviceNames = ['inference', 'features', 'ingestion', 'coinbase', ...learnerNames] as const
/** One of {@link serviceNames}. */
export type ServiceName = (typeof serviceNames)[number]

/** The parts of the engine behind the services; models by name, in the order of the services. */
export interface EngineParts {
  stream?: ObservationStream
  features?: LagFeatures
  /** The learner of the inference service. */
  defaultModel?: OnlineModel
  readonly models: Map<LearnerName, OnlineModel>
}

/** Services with everything they stand on. */
export interface Platform {
  readonly services: readonly Service[]
  readonly parts: EngineParts
  /** Answer what runs, then close services and stores. */
  close(): Promise<void>
}

/**
 * Build the named services and what they stand on, and nothing more: a model alone opens no store. Does not listen.
 * @throws {MillraceError} MILL_STORE_FAILED or MILL_DATA_INVALID, with nothing left open
 */
export async function openPlatform(config: Config, names: readonly ServiceName[], logger: Logger): Promise<Platform> {
  const database = openedWhenNeeded(join(config.dataDir, 'millrace.db'))
  const parts: EngineParts = { models: new Map() }
  const common = { config, logger, processMetrics: createProcessMetrics() }
  const services: Service[] = []
  try {
    for (const name of names) {
      const app = await build(name, { parts, common, database })
      services.push({ name, app, ...portOf(name, config, names.length === 1) })
    }
  } catch (error) {
    database.close()
    throw error
  }
  return {
    services,
    parts,
    async close() {
      await closeAll(services)
      database.close()
    }
  }
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
  database: LazyDatabase
}

async function build(name: ServiceName, { parts, common, database }: Workshop): Promise<App> {
  const { config } = common
  switch (name) {
    case 'inference': {
      parts.defaultModel = createModel(config.modelName, config)
      return buildInference({ ...common, model: parts.defaultModel })
    }
    case 'features': {
      parts.features = createLagFeatures({ series: sqliteSeriesStore(database.open()), lags: config.nLags })
      return buildFeatures({ ...common, features: parts.features })
    }
    case 'ingestion': {
      parts.stream = await openStream(config, database.open())
      return buildIngestion({ ...common, stream: parts.stream })
    }
    case 'coinbase':
      return buildCoinbase(common)
    case 'linear_regression':
    case 'ridge_regression':
    case 'knn_regressor':
    case 'amf_regressor': {
      const model = createModel(name, config)
      parts.models.set(name, model)
      return buildModel({ ...common, model })
    }
  }
}

function createModel(name: LearnerName, { modelSeed, featureNamesLimit }: Config): OnlineModel {
  return createOnlineModel({ name, seed: modelSeed, featureNamesLimit })
}

async function openStream(config: Config, database: Database): Promise<ObservationStream> {
  const { dataFile, inputColumn, targetColumn } = config
  const observations = await readObservations(dataFile ?? sampleDataFile, { inputColumn, targetColumn })
  // Every file has its own cursor, so that changing the file and changing back goes on where it was.
  const name = dataFile === undefined ? 'sample' : resolve(dataFile)
  return createObservationStream({ observations, cursors: sqliteCursorStore(database), name })
}

/** A database that is opened by the first who needs it. */
interface LazyDatabase {
  open(): Database
  close(): void
}

function openedWhenNeeded(path: string): LazyDatabase {
  let database: Database | undefined
  return { open: () => (database ??= openDatabase(path)), close: () => database?.close() }
}
