import { largestMagnitude, MillraceError, optionError } from '@millrace/common'
import type { Features, Regressor } from '@millrace/online'

/** One step of a forecast; the first step is 1. */
export interface ForecastStep {
  step: number
  value: number
}

/** The most features, counted anew for each step, that one forecast may take: well under a second for any learner. */
const mostWork = 100_000

/**
 * Forecast `steps` values ahead by feeding each prediction back as the newest lag: `in_1` becomes the prediction,
 * `in_2` what `in_1` was, and so on. Features that are not lags stay as they are. Changes nothing.
 * @throws {MillraceError} MILL_OPTION_INVALID when steps times features are more than 100000, beyond the first step;
 *   MILL_VALUE_OUT_OF_RANGE when the predictions run away, as those of an unstable model do
 */
export function forecast(learner: Pick<Regressor, 'predictOne'>, x: Features, steps: number): ForecastStep[] {
  const current = new Map(Object.entries(x))
  checkWork(steps, current.size)
  const lags = [...current.keys()].filter(name => /^in_[1-9]\d*$/.test(name)).toSorted((a, b) => lagOf(b) - lagOf(a))
  const values: ForecastStep[] = []
  for (let step = 1; step <= steps; step++) {
    const value = inRange(learner.predictOne(Object.fromEntries(current)), step)
    values.push({ step, value })
    // From the oldest lag to the newest, so that each takes its neighbour's value before that one moves on.
    for (const name of lags) {
      const newer = current.get(`in_${lagOf(name) - 1}`)
      if (newer !== undefined) current.set(name, newer)
    }
    if (current.has('in_1')) current.set('in_1', value)
  }
  return values
}

function checkWork(steps: number, features: number): void {
  const mostSteps = Math.max(1, Math.floor(mostWork / Math.max(1, features)))
  if (steps > mostSteps) throw optionError('steps', `at most ${mostSteps} with ${features} features`, steps)
}

function lagOf(name: string): number {
  return Number(name.slice('in_'.length))
}

/** Only what can be a feature can be fed back. */
function inRange(value: number, step: number): number {
  if (Math.abs(value) <= largestMagnitude) return value
  throw new MillraceError('MILL_VALUE_OUT_OF_RANGE', `the forecast leaves ±${largestMagnitude} at step ${step}`, {
    details: { step }
  })
}
