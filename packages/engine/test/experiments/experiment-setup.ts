import type { TestContext } from 'node:test'
import { PythonRandom } from '@millrace/common'
import { memoryRegistryStore, noMetadata } from '@millrace/store'
import type { ExperimentDeps } from '../../src/experiments/experiment-deps.ts'
import type { Experiments } from '../../src/experiments/experiments.ts'
import { memoryLedger } from '../../src/experiments/ledger/memory-ledger.ts'
import { openExperiments } from '../../src/experiments/open-experiments.ts'
import type { InferReply, InferRequest, ModelServer } from '../../src/serving/model-server.ts'
import type { ModelServerOptions } from '../../src/serving/model-server-options.ts'
import { quiet, setup, type Setup } from '../serving/setup.ts'

/** Experiments on a model server with the model `m`, whose versions `v1`, `v2` and `v3` answer 1, 2 and 3. */
export interface ExperimentSetup extends Setup {
  readonly experiments: Experiments
  readonly server: ModelServer
  /** Ask model `m`. */
  ask(request?: Partial<InferRequest>): Promise<InferReply>
}

/** Random numbers from 0 to 1 that are the same each time. */
export function seeded(seed: number): () => number {
  const random = new PythonRandom(seed)
  return () => random.random()
}

/** What a unit of its own is in a request. */
export const given = (id: string): { unit: { id: string; isGiven: boolean } } => ({ unit: { id, isGiven: true } })

/** What a test may want otherwise. */
export interface SetupOptions extends Partial<ExperimentDeps> {
  /** Accuracies of versions, in their metadata; none unless given. */
  readonly accuracies?: Record<string, number>
  readonly serving?: Partial<ModelServerOptions>
}

/** See {@link ExperimentSetup}. Time stands still and chance is the same each time. */
export async function experimentSetup(
  t: TestContext,
  { accuracies = {}, serving = {}, ...more }: SetupOptions = {}
): Promise<ExperimentSetup> {
  const made = setup(t)
  const { source, time } = made
  for (const [version, answer] of Object.entries({ v1: 1, v2: 2, v3: 3 })) source.put('m', version, { answer })
  const fetch = source.fetch.bind(source)
  source.fetch = async (model, version) => {
    const accuracy = accuracies[version]
    return {
      ...(await fetch(model, version)),
      metadata: { ...noMetadata, ...(accuracy !== undefined && { accuracy }) }
    }
  }
  const experiments = await openExperiments({
    registry: memoryRegistryStore(),
    ledger: memoryLedger({ now: time.now }),
    log: quiet,
    now: time.now,
    after: time.after,
    random: seeded(1),
    ...more
  })
  const server = await made.open({ traffic: experiments.traffic, ...serving })
  await experiments.attach(server)
  t.after(() => experiments.close())
  const ask = (request: Partial<InferRequest> = {}): Promise<InferReply> =>
    server.infer({ model: 'm', inputs: [], ...request })
  return { ...made, experiments, server, ask }
}

/** A draft of two arms, `v1` and `v2` of model `m`. */
export const draft = { id: 'e', model: 'm', arms: [{ version: 'v1' }, { version: 'v2' }] }
