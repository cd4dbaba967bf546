import type { ExperimentDraft, ExperimentTally, ExperimentView } from '@millrace/engine'
import type { ExperimentReply } from '@millrace/protocol'
import type { JsonObject } from '../documents/body-reader.ts'
import { FieldNames } from './field-names.ts'

/** Names of the fields of an experiment in JSON, and inside. */
export const experimentNames = new FieldNames({
  same: [
    'id',
    'description',
    'model',
    'alias',
    'entry',
    'strategy',
    'arms',
    'control',
    'coverage',
    'seed',
    'yields',
    'overrides',
    'metrics',
    'alpha',
    'bandit'
  ],
  others: {
    weights: 'weighting',
    sticky: 'isSticky',
    missing_unit: 'missingUnit',
    on_failure: 'onFailure',
    primary_metric: 'primary'
  },
  within: {
    arms: new FieldNames({ same: ['name', 'model', 'version', 'weight'] }),
    metrics: new FieldNames({ same: ['name', 'kind', 'goal'] }),
    bandit: new FieldNames({
      same: ['metric', 'floor'],
      others: { min_units: 'minUnits', interval_seconds: 'intervalSeconds' }
    })
  }
})

/** A body as a draft; what is wrong with it the engine says. */
export function draftOf(body: JsonObject): ExperimentDraft {
  return experimentNames.toInside(body) as ExperimentDraft
}

/** An experiment as replies tell it. */
export function experimentReply(view: ExperimentView, tally: ExperimentTally): ExperimentReply {
  const { definition, state, phase, revision, weights } = view
  const { arms, isSticky, missingUnit, onFailure, weighting, primary, bandit, metrics, overrides, ...same } = definition
  const { minUnits, intervalSeconds, ...sameOfBandit } = bandit
  return {
    ...same,
    weights: weighting,
    arms: arms.map((arm, index) => ({
      ...arm,
      share: weights[index] ?? 0,
      units: tally.arms[index]?.units ?? 0,
      requests: tally.arms[index]?.requests ?? 0
    })),
    sticky: isSticky,
    missing_unit: missingUnit,
    on_failure: onFailure,
    overrides: { ...overrides },
    metrics: [...metrics],
    primary_metric: primary,
    bandit: { ...sameOfBandit, min_units: minUnits, interval_seconds: intervalSeconds },
    state,
    phase,
    revision,
    created_at: timeText(view.createdAt),
    started_at: optionalTime(view.startedAt),
    stopped_at: optionalTime(view.stoppedAt)
  }
}

/** @param at milliseconds since 1970 @returns ISO 8601 */
export function timeText(at: number): string {
  return new Date(at).toISOString()
}

/** When an experiment, or what is counted of it, last changed, in milliseconds since 1970. */
export function updatedAt({ history, createdAt }: ExperimentView, { updatedAt: countedAt }: ExperimentTally): number {
  const changedAt = history.at(-1)?.at ?? createdAt
  // Nothing was counted yet.
  return Number.isFinite(countedAt) ? Math.max(changedAt, countedAt) : changedAt
}

function optionalTime(at: number | undefined): string | null {
  return at === undefined ? null : timeText(at)
}
