import { createModelServer, type ModelServer, type ModelServerOptions, type ServedLearner } from '@millrace/engine'
import { createRuntime } from '@millrace/runtime'
import { folderSource, memoryRegistryStore } from '@millrace/store'
import { createLogger } from '../src/index.ts'

/** Models of some folders, whose aliases last as long as the test. Closing them is left to the end of the process. */
export function freshModels(
  folders: readonly string[] = [],
  options: Partial<ModelServerOptions> & { learners?: ReadonlyMap<string, ServedLearner> } = {}
): Promise<ModelServer> {
  return createModelServer({
    // A test writes its folders whole.
    sources: folders.map(folder => folderSource({ folder, stableMs: 0.001 })),
    runtime: createRuntime(),
    registry: memoryRegistryStore(),
    policy: { kind: 'all' },
    defaultVersion: 'v1.0',
    limits: { maxModels: 100, memoryBytes: 2 ** 30, maxConcurrent: 100, queueLimit: 1000, requestTimeoutMs: 30_000 },
    cacheTtlMs: 300_000,
    log: createLogger({ level: 'silent' }),
    ...options
  })
}
