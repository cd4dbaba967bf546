import { type Experiments, memoryLedger, type ModelServer, openExperiments } from '@millrace/engine'
import { watchRegistry } from '@millrace/store'
import type { Config } from './config-schema.ts'
import { AbTest } from './experiments/ab-test.ts'
import type { Logger } from './logger.ts'
import type { Stores } from './stores.ts'

/** What {@link openServingExperiments} is given. */
export interface ExperimentsOrder {
  readonly config: Pick<Config, 'dataDir' | 'durability'>
  readonly stores: Pick<Stores, 'registry' | 'connection'>
  readonly logger: Logger
  /** Told when what other processes decided was taken over. */
  readonly refreshed?: (() => void) | undefined
}

/**
 * Open the experiments of the inference service, which decide at once and are looked after once they are attached to models.
 * @throws {MillraceError} MILL_STORE_FAILED, with nothing left open
 */
export async function openServingExperiments(order: ExperimentsOrder): Promise<Experiments> {
  const { stores, logger, refreshed } = order
  const { registry, connection } = stores
  const log = logger.child({ service: 'inference' })
  const experiments = await openExperiments({ registry, ledger: memoryLedger(), log })
  const unwatch = connection && heedOtherProcesses(connection, { experiments, log, refreshed })
  return {
    ...experiments,
    async close() {
      unwatch?.()
      await experiments.close()
    }
  }
}

/** Kinds of entries in the registry that experiments are made of. */
const kinds: ReadonlySet<string> = new Set(['experiment', 'shadow'])

/** Take over what other processes have decided: at once while Redis tells, and all of it when Redis is back. */
function heedOtherProcesses(
  connection: NonNullable<Stores['connection']>,
  { experiments, log, refreshed }: { experiments: Experiments; log: Logger; refreshed: (() => void) | undefined }
): () => void {
  const refresh = (): void => {
    experiments
      .refresh()
      .then(refreshed, (error: unknown) => log.warn({ err: error }, 'experiments could not be read again'))
  }
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
