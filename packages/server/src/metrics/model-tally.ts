import { type ErrorCode, MillraceError } from '@millrace/common'
import type { InferReply, ServingEvents } from '@millrace/engine'
import { DurationTally } from './duration-tally.ts'

/** Upper bounds in seconds that existing dashboards expect. */
const inferenceBounds = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1]
const loadBounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/** Why a model gave no answer. What the sender of a request did wrong is not among it. */
export type InferenceError = 'model_not_loaded' | 'inference_error' | 'overloaded' | 'timeout'

/** The answers of one version. */
export interface VersionTally {
  answers: number
  /** Seconds. */
  sum: number
  min: number
  max: number
  /** Milliseconds since 1970. */
  lastAt: number
  /** Sum and number of the confidences that were told. */
  confidence: number
  confident: number
}

/** The answers of one model. */
export interface ModelTally {
  readonly durations: DurationTally
  readonly errors: Map<InferenceError, number>
  readonly versions: Map<string, VersionTally>
  /** Seconds that the version that was loaded last took; undefined before. */
  loadSeconds: number | undefined
}

/** What models have answered and what became of them, counted for metrics. */
export interface ServingTally {
  readonly events: ServingEvents
  readonly models: ReadonlyMap<string, ModelTally>
  readonly loads: DurationTally
  readonly counts: ServingCounts
  /** Count predictions beyond one for each answer of a model: of a batch, of a learner. */
  alsoPredicted(count: number): void
  /** How sure a classifier was of an answer, from 0 to 1. */
  wasSure(reply: InferReply, confidence: number): void
  reloaded(isWhole: boolean): void
}

/** Counts that have no labels. */
export interface ServingCounts {
  predictions: number
  loadFailures: number
  unloads: number
  reloads: { success: number; failure: number; lastAt: number | undefined }
}

/** A tally in which nothing has happened. */
export function createServingTally(now: () => number = Date.now): ServingTally {
  const models = new Map<string, ModelTally>()
  const loads = new DurationTally(loadBounds)
  const counts: ServingCounts = {
    predictions: 0,
    loadFailures: 0,
    unloads: 0,
    reloads: { success: 0, failure: 0, lastAt: undefined }
  }
  const tallyOf = (model: string): ModelTally => models.get(model) ?? added(models, model, newModelTally())
  const versionOf = ({ route: { model, version } }: InferReply): VersionTally => {
    const { versions } = tallyOf(model)
    return versions.get(version) ?? added(versions, version, newVersionTally())
  }
  const events: ServingEvents = {
    answered(reply) {
      counts.predictions++
      const seconds = reply.durationMs / 1000
      tallyOf(reply.route.model).durations.observe(seconds)
      count(versionOf(reply), seconds, now())
    },
    failed({ model, error }) {
      const kind = kindOf(error)
      if (kind === undefined) return
      // Names that requests make up must not become labels.
      const { errors } = tallyOf(isUnknownModel(error) ? unknownModel : model)
      errors.set(kind, (errors.get(kind) ?? 0) + 1)
    },
    loaded({ model, loadMs }) {
      loads.observe(loadMs / 1000)
      tallyOf(model).loadSeconds = loadMs / 1000
    },
    loadFailed: () => void counts.loadFailures++,
    unloaded: () => void counts.unloads++
  }
  return {
    events,
    models,
    loads,
    counts,
    alsoPredicted(more) {
      counts.predictions += more
    },
    wasSure(reply, confidence) {
      const version = versionOf(reply)
      version.confidence += confidence
      version.confident++
    },
    reloaded(isWhole) {
      counts.reloads[isWhole ? 'success' : 'failure']++
      counts.reloads.lastAt = now()
    }
  }
}

/** Stands for the name of a model that there is not. */
const unknownModel = 'unknown'

const errorKinds: Partial<Record<ErrorCode, InferenceError | 'of the sender'>> = {
  MILL_MODEL_NOT_FOUND: 'model_not_loaded',
  MILL_VERSION_NOT_FOUND: 'model_not_loaded',
  MILL_MODEL_NOT_READY: 'model_not_loaded',
  MILL_MODEL_INVALID: 'model_not_loaded',
  MILL_SOURCE_FAILED: 'model_not_loaded',
  MILL_OVERLOADED: 'overloaded',
  MILL_DEADLINE_EXCEEDED: 'timeout',
  MILL_INPUT_INVALID: 'of the sender',
  MILL_VALUE_NOT_FINITE: 'of the sender',
  MILL_VALUE_OUT_OF_RANGE: 'of the sender'
}

function kindOf(error: unknown): InferenceError | undefined {
  const kind = error instanceof MillraceError ? errorKinds[error.code] : undefined
  return kind === 'of the sender' ? undefined : (kind ?? 'inference_error')
}

function isUnknownModel(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'MILL_MODEL_NOT_FOUND'
}

function newModelTally(): ModelTally {
  return {
    durations: new DurationTally(inferenceBounds),
    errors: new Map(),
    versions: new Map(),
    loadSeconds: undefined
  }
}

function newVersionTally(): VersionTally {
  return { answers: 0, sum: 0, min: Infinity, max: 0, lastAt: 0, confidence: 0, confident: 0 }
}

function count(tally: VersionTally, seconds: number, at: number): void {
  tally.answers++
  tally.sum += seconds
  if (seconds < tally.min) tally.min = seconds
  if (seconds > tally.max) tally.max = seconds
  tally.lastAt = at
}

function added<Value>(map: Map<string, Value>, key: string, value: Value): Value {
  map.set(key, value)
  return value
}
