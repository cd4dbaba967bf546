import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { MillraceError } from '@millrace/common'
import { learnerFromState, Pipeline } from '@millrace/online'
import type { VersionFiles } from '@millrace/store'
import type { ServedVersion } from '../served-version.ts'
import { learnerInputs, learnerOutputs, mostRows } from './learner-interface.ts'
import { LearnerRunner } from './learner-runner.ts'

/** What a frozen learner is opened as. */
export interface FrozenOptions {
  model: string
  version: string
  /** Milliseconds since 1970. */
  now?: (() => number) | undefined
}

/**
 * A learner that was frozen as a version of a model: it predicts, bit for bit, what the learner predicted at that moment,
 * and learns no more. Restoring takes the thread time that grows with the state.
 * @throws {MillraceError} MILL_MODEL_INVALID when the file is not the one that was frozen
 */
export async function openFrozen(
  files: VersionFiles,
  { model, version, now = Date.now }: FrozenOptions
): Promise<ServedVersion> {
  const label = `${model}/${version}`
  const begin = performance.now()
  const learner = restored(label, await bytesOf(label, files))
  const runner = new LearnerRunner({
    label,
    predict: x => learner.predictOne(x),
    featureNames: () => learner.regressor.names.list()
  })
  return {
    model,
    version,
    platform: 'millrace_learner',
    digest: files.digest,
    inputs: learnerInputs,
    outputs: learnerOutputs,
    classLabels: new Map(),
    metadata: files.metadata,
    maxBatchRows: mostRows,
    get memoryBytes() {
      return learner.memoryBytes
    },
    loadMs: performance.now() - begin,
    loadedAt: now(),
    run: request => runner.run(request),
    counts: () => runner.counts()
  }
}

async function bytesOf(label: string, { path, sha256 }: VersionFiles): Promise<Uint8Array> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    throw unusable(label, 'its state cannot be read', error)
  }
  const found = createHash('sha256').update(bytes).digest('hex')
  if (found !== sha256) throw unusable(label, `its state has the checksum ${found} instead of ${sha256}`)
  return bytes
}

function restored(label: string, state: Uint8Array): Pipeline {
  try {
    const learner = learnerFromState(state)
    if (learner instanceof Pipeline) return learner
  } catch (error) {
    throw unusable(label, 'its state cannot be read', error)
  }
  throw unusable(label, 'its state is not that of a learner in service')
}

function unusable(label: string, reason: string, cause?: unknown): MillraceError {
  const told = cause instanceof Error ? `${reason}: ${cause.message}` : reason
  return new MillraceError('MILL_MODEL_INVALID', `${label} failed to load: ${told}`, { cause })
}
