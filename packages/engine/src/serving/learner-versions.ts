import { readFile } from 'node:fs/promises'
import { MillraceError } from '@millrace/common'
import type { ServedLearner } from '../learning/served-learner.ts'
import { freezeLearner } from './learners/freeze-learner.ts'
import { learnerToOnnx } from './learners/learner-to-onnx.ts'
import type { VersionStatus } from './model-server.ts'
import type { Target } from './served-model.ts'
import type { Upkeep } from './upkeep.ts'

/** What {@link LearnerVersions} is given. */
export interface LearnerDeps {
  readonly learners: ReadonlyMap<string, ServedLearner>
  /** Where frozen learners are written: the folder of a source. */
  readonly frozenFolder: string | undefined
  readonly upkeep: Upkeep
  /** Milliseconds since 1970. */
  readonly now: () => number
}

/** Makes files of what is served: versions of learners, and ONNX. */
export class LearnerVersions {
  readonly #deps: LearnerDeps

  constructor(deps: LearnerDeps) {
    this.#deps = deps
  }

  /** See ModelServer.freeze. */
  async freeze(name: string, version?: string): Promise<VersionStatus> {
    const { learners, frozenFolder: folder, upkeep, now } = this.#deps
    const model = upkeep.table.get(name)
    const learner = learners.get(name)
    if (learner === undefined) throw unsupported(`${name} is no learner that could be frozen`, name)
    if (folder === undefined) throw unsupported('there is no folder that frozen learners are kept in', name)
    if (version !== undefined && model.slots.has(version)) throw exists(name, version)
    if (version !== undefined && model.aliases.has(version)) throw isAlias(name, version)
    const frozen = await freezeLearner(learner, { folder, model: name, version, now })
    await upkeep.look({ model: name, isFresh: true })
    const status = model.status().versions.find(one => one.version === frozen.version)
    if (status !== undefined) return status
    const reason = `it was written to ${folder}, which is the folder of no source`
    return { version: frozen.version, state: 'UNAVAILABLE', reason, isServed: false, served: undefined }
  }

  /** See ModelServer.exportOnnx. */
  async exportOnnx({ slot }: Target): Promise<Uint8Array> {
    const { model, version, origin } = slot
    if (origin === undefined) {
      const learner = this.#deps.learners.get(model)
      if (learner === undefined) throw unsupported(`the files of ${model}/${version} are in no source any more`, model)
      return learnerToOnnx(learner.freeze().state, { model, version })
    }
    const files = await this.#deps.upkeep.opener.fetch(model, origin)
    const bytes = await readFile(files.path)
    return files.kind === 'onnx' ? bytes : learnerToOnnx(bytes, { model, version })
  }
}

function unsupported(message: string, model: string): MillraceError {
  return new MillraceError('MILL_UNSUPPORTED', message, { details: { model } })
}

/** The version would take the name over from the one that the alias stands for. */
function isAlias(model: string, version: string): MillraceError {
  return new MillraceError(
    'MILL_VERSION_EXISTS',
    `${version} is an alias of ${model}, so no version can be called that`,
    {
      details: { model, version }
    }
  )
}

function exists(model: string, version: string): MillraceError {
  return new MillraceError('MILL_VERSION_EXISTS', `${model} has a version ${version} already`, {
    details: { model, version }
  })
}
