import { join } from 'node:path'
import { type Experiments, type LedgerHealth, type ModelServer, openExperiments, openLedger } from '@millrace/engine'
import { watchRegistry } from '@millrace/store'
import type { Config } from './config-schema.ts'
import { AbTest } from './experiments/ab-test.ts'
import type { Logger } from './logger.ts'
import { openThings } from './open-things.ts'
import { createOutages } from './outages.ts'
import type { Stores } from './stores.ts'

/** What {@link openServingExperiments} is given. */
export interface ExperimentsOrder {
  readonly config: Pick<Config, 'dataDir' | 'durability'>
  readonly stores: Pick<Stores, 'registry' | 'connection'>
  readonly logger: Logger
  /** Told when what other processes decided was taken over. */
  readonly refreshed?: (() => void) | undefined
}

/** The experiments of a process. */
export interface OpenedExperiments extends Experiments {
  /** Why what is measured cannot be kept at present; undefined while all is well. */
  problem(): string | undefined
  /** How what is measured is kept. */
  ledger(): LedgerHealth
}

/** Without Redis, which would tell at once, the registry is read again this often. */
const lookEveryMs = 1000

/**
 * Open the experiments of the inference service, which decide at once and are looked after once they are attached to models.
 * @throws {MillraceError} MILL_STORE_FAILED or MILL_JOURNAL_DAMAGED, with nothing left open
 */
export async function openServingExperiments(order: ExperimentsOrder): Promise<OpenedExperiments> {
  const { config, stores, logger, refreshed } = order
  const { registry, connection } = stores
  const { dataDir, durability } = config
  const log = logger.child({ service: 'inference' })
  const things = openThings()
  try {
    const ledger = await things.keep(
      openLedger({ folder: join(dataDir, 'experiments'), durability, redis: connection, log })
    )
    const experiments = await openExperiments({ registry, ledger, log })
    const heeded = { experiments, log, refreshed }
    const unwatch = connection === undefined ? lookAgain(heeded) : heedOtherProcesses(connection, heeded)
    return {
      ...experiments,
      problem() {
        const { problem } = ledger.health()
        if (problem === undefined) return undefined
        return problem instanceof Error ? problem.message : 'it cannot be written'
      },
      ledger: () => ledger.health(),
      async close() {
        unwatch()
        await experiments.close()
      }
    }
  } catch (error) {
    await things.close()
    throw error
  }
}

interface Heeded {
  readonly experiments: Experiments
  readonly log: Logger
  readonly refreshed: (() => void) | undefined
}

function refresher({ experiments, log, refreshed }: Heeded): () => void {
  const outages = createOutages({
    failed: error => log.warn({ err: error }, 'experiments cannot be read again'),
    ended: failures => log.info({ failures }, 'experiments can be read again')
  })
  const refresh = async (): Promise<void> => {
    try {
      await experiments.refresh()
      outages.succeeded()
      refreshed?.()
    } catch (error) {
      outages.failed(error)
    }
  }
  return () => void refresh()
}

/** Take over what other processes on the same data folder have decided. */
function lookAgain(heeded: Heeded): () => void {
  const timer = setInterval(refresher(heeded), lookEveryMs).unref()
  return () => clearInterval(timer)
}

/** Kinds of entries in the registry that experiments are made of. */
const kinds: ReadonlySet<string> = new Set(['experiment', 'shadow'])

/** Take over what other processes have decided: at once while Redis tells, and all of it when Redis is back. */
function heedOtherProcesses(connection: NonNullable<Stores['connection']>, heeded: Heeded): () => void {
  const refresh = refresher(heeded)
  const unwatch = connection.watch({ connected: refresh })
  const unsubscribe = watchRegistry(connection, ({ kind }) => {
    if (kinds.has(kind)) refresh()
  })
  return () => {
    unwatch()
    unsubscribe()
  }
}

/** What the documented A/B test is made of. */
export interface AbTestOrder {
  readonly experiments: Experiments
  readonly models: Pick<ModelServer, 'models'>
  readonly config: Pick<Config, 'featuresModel' | 'abTestEnabled' | 'abTestSplitRatio' | 'abTestModels'>
  readonly logger: Logger
}

/** The documented A/B test, as the settings have it until somebody configures it. */
export function createAbTest({ experiments, models, config, logger }: AbTestOrder): AbTest {
  const { featuresModel, abTestEnabled, abTestSplitRatio, abTestModels } = config
  return new AbTest({
    experiments,
    models,
    model: featuresModel,
    settings: {
      enabled: abTestEnabled === 'true',
      split_ratio: abTestSplitRatio,
      models: abTestModels.split(',').map(version => version.trim())
    },
    log: logger.child({ service: 'inference' })
  })
}
