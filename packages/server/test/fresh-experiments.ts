import { type Experiments, memoryLedger, type ModelServer, openExperiments } from '@millrace/engine'
import { memoryRegistryStore, type RegistryStore } from '@millrace/store'
import { type Config, createLogger, parseConfig } from '../src/index.ts'
import type { AbTest } from '../src/experiments/ab-test.ts'
import { createAbTest } from '../src/open-experiments.ts'

const logger = createLogger({ level: 'silent' })

/** Experiments that last as long as the test. Closing them is left to the end of the process. */
export function freshExperiments(registry: RegistryStore = memoryRegistryStore()): Promise<Experiments> {
  return openExperiments({ registry, ledger: memoryLedger(), log: logger })
}

/** What an inference service is given of its experiments. The documented A/B test is off unless the settings say else. */
export async function withExperiments(
  models: ModelServer,
  given: { experiments?: Experiments; settings?: Partial<Config> } = {}
): Promise<{ experiments: Experiments; abTest: AbTest }> {
  const { experiments = await freshExperiments(), settings = {} } = given
  const config: Config = { ...parseConfig({ AB_TEST_ENABLED: 'false' }), ...settings }
  await experiments.attach(models)
  const abTest = createAbTest({ experiments, models, config, logger })
  await abTest.follow()
  return { experiments, abTest }
}
