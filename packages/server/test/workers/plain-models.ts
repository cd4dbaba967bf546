import { createModelServer, type ModelServer, type ServedLearner } from '@millrace/engine'
import { MillraceError } from '@millrace/common'
import type { Runtime } from '@millrace/runtime'
import { memoryRegistryStore, type ModelSource, noMetadata, type VersionFiles } from '@millrace/store'
import { createLogger } from '../../src/index.ts'
import type { MirroredVersion } from '../../src/workers/model-mirror.ts'

/** Files of a version that answers with one number. */
export function filesOf(answer: number): VersionFiles {
  const text = String(answer)
  return { kind: 'onnx', path: text, sha256: text, digest: text, bytes: 1, metadata: noMetadata }
}

export function version(name: string, answer: number): MirroredVersion {
  return { version: name, files: filesOf(answer) }
}

/** How models are loaded. */
export interface PlainOptions {
  /** Versions in memory at most. */
  maxModels?: number
  /** Waits, or throws, before a model that answers with this number is loaded. */
  beforeLoad?: (answer: number) => Promise<void>
  learners?: ReadonlyMap<string, ServedLearner>
}

/** Runs models that answer with the number in the name of their file. */
function plainRuntime(beforeLoad: PlainOptions['beforeLoad']): Pick<Runtime, 'load'> {
  const none = { queueNs: 0, inputNs: 0, inferNs: 0, outputNs: 0 }
  return {
    async load({ path }) {
      await beforeLoad?.(Number(path))
      return {
        inputs: [{ name: 'x', datatype: 'FP64', shape: [1] }],
        outputs: [{ name: 'y', datatype: 'FP64', shape: [1] }],
        classLabels: new Map(),
        facts: {
          placement: 'inline',
          loadMs: 1,
          rowUs: 1,
          fileBytes: 1,
          memoryBytes: 1,
          unbatchable: 'it is not real',
          maxBatchRows: 1,
          sha256: path,
          unserved: []
        },
        run: async () => ({
          outputs: [{ name: 'y', datatype: 'FP64', shape: [1], data: Float64Array.of(Number(path)) }],
          batchRows: 1,
          timing: none
        }),
        counts: () => ({ inferences: 0, executions: 0, pending: 0, batches: [] }),
        close: async () => undefined
      }
    }
  }
}

/** Models of one source that need no files. */
export function plainModels(
  source: ModelSource,
  { maxModels = 100, beforeLoad, learners }: PlainOptions = {}
): Promise<ModelServer> {
  return createModelServer({
    sources: [source],
    runtime: plainRuntime(beforeLoad),
    registry: memoryRegistryStore(),
    learners,
    policy: { kind: 'all' },
    limits: { maxModels, memoryBytes: 1e9, maxConcurrent: 100, queueLimit: 100, requestTimeoutMs: 10_000 },
    cacheTtlMs: 0,
    log: createLogger({ level: 'silent' })
  })
}

/** The number that a model answers, and the version that did; undefined when none does. */
export async function answerOf(models: ModelServer, model: string, name?: string) {
  const inputs = [{ name: 'x', datatype: 'FP64' as const, shape: [1], data: Float64Array.of(0) }]
  try {
    const { route, outputs } = await models.infer({ model, version: name, inputs })
    return { route, answer: (outputs[0]!.data as Float64Array)[0] }
  } catch (error) {
    if (error instanceof MillraceError) return undefined
    throw error
  }
}
