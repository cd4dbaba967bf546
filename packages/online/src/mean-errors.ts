import { finite } from '@millrace/common'
import { meanMetric } from './mean-metric.ts'
import { residual } from './metric.ts'

/** Mean absolute error, in the target's unit. */
export const Mae = meanMetric({
  kind: 'Mae',
  options: {},
  rowError: (y, prediction) => Math.abs(residual(y, prediction)),
  total: mean => mean
})

/** Mean squared error, in the square of the target's unit. */
export const Mse = meanMetric({ kind: 'Mse', options: {}, rowError: squaredError, total: mean => mean })

/** Root of the mean squared error, in the target's unit. */
export const Rmse = meanMetric({ kind: 'Rmse', options: {}, rowError: squaredError, total: Math.sqrt })

/** Settings of {@link Mape}. */
export type MapeOptions = {
  /** Leave out rows whose actual is 0. Otherwise they count as rows without error, as in River. */
  skipZeros?: boolean
}

/** Mean absolute percentage error: the error as a percentage of the actual's magnitude. */
export const Mape = meanMetric<Required<MapeOptions>>({
  kind: 'Mape',
  options: { skipZeros: false },
  rowError(y, prediction, { skipZeros }) {
    const error = Math.abs(residual(y, prediction))
    if (y === 0) return skipZeros ? undefined : 0
    const relative = error / Math.abs(y)
    finite('percentage error', 100 * relative)
    return relative
  },
  total: mean => 100 * mean
})

/**
 * Symmetric mean absolute percentage error, 0 to 200: the error as a percentage of the mean magnitude of actual and
 * prediction; 0 where both are 0.
 */
export const Smape = meanMetric({
  kind: 'Smape',
  options: {},
  rowError(y, prediction) {
    const doubled = finite('error', 2 * Math.abs(residual(y, prediction)))
    const magnitude = finite('magnitude', Math.abs(y) + Math.abs(prediction))
    return magnitude === 0 ? 0 : doubled / magnitude
  },
  total: mean => 100 * mean
})

function squaredError(y: number, prediction: number): number {
  return finite('squared error', residual(y, prediction) ** 2)
}
