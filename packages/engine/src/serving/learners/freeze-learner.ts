import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { MillraceError, optionError } from '@millrace/common'
import type { FrozenLearner, ServedLearner } from '../../learning/served-learner.ts'
import { learnerShape } from './learner-interface.ts'
import { liveName, scores } from './live-version.ts'
import { writeFolder } from './write-folder.ts'

/** Files of a version that is a frozen learner. */
const stateFile = 'learner.state'
const metadataFile = 'metadata.json'

/** No path, no hidden folder, and no sign that a URL would need to escape, but for the plus. */
const namePattern = /^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/

/** Words of the API for versions: one that was called `default` could never be taken out of the default's place. */
const takenNames: ReadonlySet<string> = new Set([liveName, 'default'])

/** How and where to freeze a learner. */
export interface FreezeOptions {
  /** The folder of models: the version becomes `<folder>/<model>/<version>`. */
  folder: string
  /** What the model is called; the learner's name unless given. */
  model?: string | undefined
  /** What the version is called; the number of observations learned unless given. */
  version?: string | undefined
  /** Milliseconds since 1970. */
  now?: (() => number) | undefined
}

/**
 * Keep a learner as it is now as a version of a model: its state, exact, and `metadata.json`. Durable when it resolves;
 * until then there is no such version. What it learns meanwhile is not in it.
 * @returns the name of the version, and the folder that it is in
 * @throws {MillraceError} MILL_VERSION_EXISTS, MILL_OPTION_INVALID for a name that no version can have, or
 *   MILL_STORE_FAILED; nothing is left behind
 */
export async function freezeLearner(
  learner: ServedLearner,
  { folder, model = learner.name, version, now = Date.now }: FreezeOptions
): Promise<{ version: string; path: string }> {
  const frozen = learner.freeze()
  const name = version ?? String(frozen.metrics.count)
  if (!namePattern.test(name) || takenNames.has(name)) {
    const taken = [...takenNames].join(' or ')
    throw optionError('version', `up to 128 letters, digits, _ . + and -, and not ${taken}`, name)
  }
  const metadata = metadataOf(frozen, { learner: learner.name, model, version: name, madeAt: now() })
  const path = join(folder, model, name)
  const files = new Map([
    [stateFile, frozen.state],
    [metadataFile, Buffer.from(`${JSON.stringify(metadata, undefined, 2)}\n`)]
  ])
  if (await writeFolder(path, files)) return { version: name, path }
  throw new MillraceError('MILL_VERSION_EXISTS', `${model} has a version ${name} already`, {
    details: { model, version: name }
  })
}

function metadataOf(
  { state, sequence, parameters, featureNames, metrics }: FrozenLearner,
  { learner, model, version, madeAt }: { learner: string; model: string; version: string; madeAt: number }
): Record<string, unknown> {
  return {
    model_name: model,
    version,
    description: `${learner} as it was after ${metrics.count} observations`,
    model_type: 'regression',
    created_at: new Date(madeAt).toISOString(),
    sha256: createHash('sha256').update(state).digest('hex'),
    learner,
    parameters,
    sequence,
    observations: metrics.count,
    metrics: scores(metrics),
    features: featureNames,
    ...learnerShape
  }
}
