import type { ModelMetrics, ServedLearner } from '@millrace/engine'
import type { ModelDescription, ModelMetricsReply, SeriesMetrics } from '@millrace/protocol'
import { fourDecimals } from './round-decimals.ts'

/** How a learner is asked; the rest of it is of no interest here. */
type Told = Pick<ServedLearner, 'name' | 'metrics' | 'describe'>

/** Reply of `GET /model_metrics`. */
export function modelMetricsReply(model: Told): ModelMetricsReply {
  const metrics = model.metrics()
  const model_info = descriptionOf(model)
  if (metrics.count === 0) return { message: 'No predictions available yet', model_info }
  return { default: seriesMetrics(metrics), model_info }
}

function seriesMetrics(metrics: ModelMetrics): SeriesMetrics {
  const { count, lastPrediction, lastActual, lastError } = metrics
  const rolling = metrics.windows.flatMap(window =>
    errorNames.map(name => [`${name}_${window.size}`, fourDecimals(window[name])])
  )
  return {
    count,
    mae: fourDecimals(metrics.mae),
    mse: fourDecimals(metrics.mse),
    rmse: fourDecimals(metrics.rmse),
    mape: fourDecimals(metrics.mape),
    last_prediction: lastPrediction,
    last_actual: lastActual,
    last_error: lastError,
    ...(Object.fromEntries(rolling) as RollingMetrics)
  }
}

const errorNames = ['mae', 'mse', 'rmse', 'mape'] as const
type RollingMetrics = Pick<SeriesMetrics, `${(typeof errorNames)[number]}_${5 | 10 | 20}`>

function descriptionOf(model: Told): ModelDescription {
  const { type, text, attributes } = model.describe()
  return {
    model_type: type,
    model_name: model.name,
    model_str: text.slice(0, 200),
    model_attributes: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, value.slice(0, 100)]))
  }
}
