import { LastValue, SeasonalNaive } from '@millrace/online'
import { createLearner, learnerNames, type LearnerSettings } from '../learning/catalog.ts'
import type { Contender } from './progressive-validation.ts'

/** The rules without learning that models are compared with. */
export const baselineNames = ['last_value', 'seasonal_naive'] as const
/** Everything that can take part in a comparison: the learners, then the baselines. */
export const contenderNames = [...learnerNames, ...baselineNames] as const
/** One of {@link contenderNames}. */
export type ContenderName = (typeof contenderNames)[number]

/** Settings that every contender takes, whether it needs them or not. */
export interface ContenderSettings extends LearnerSettings {
  /** Rows in a season, for `seasonal_naive`. */
  season: number
}

/** A contender that has learned nothing yet. */
export function createContender(name: ContenderName, settings: ContenderSettings): Contender {
  if (name === 'last_value') return { name, regressor: new LastValue(), isBaseline: true }
  if (name === 'seasonal_naive') {
    return { name, regressor: new SeasonalNaive({ season: settings.season }), isBaseline: true }
  }
  return { name, regressor: createLearner(name, settings), isBaseline: false }
}
