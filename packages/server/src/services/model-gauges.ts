import type { ModelMetrics, ServedLearner } from '@millrace/engine'
import { Counter, Gauge, type Registry } from 'prom-client'

const errors = {
  mae: 'Mean absolute error',
  mse: 'Mean squared error',
  rmse: 'Root of the mean squared error',
  mape: 'Mean absolute percentage error in percent'
} as const

/**
 * Registers what `GET /metrics` of a model tells of its predictions, under the names existing dashboards use. Read
 * from the model when asked for; before the first prediction there is no gauge to read.
 */
export function registerModelMetrics(registry: Registry, model: Pick<ServedLearner, 'name' | 'metrics'>): void {
  const labels = { series: 'default', model: model.name }
  const common = { labelNames: ['series', 'model'] as const, registers: [registry] }
  const gauge = (name: string, help: string, read: (metrics: ModelMetrics) => number) =>
    new Gauge({
      ...common,
      name: `ml_model_${name}`,
      help: `${help}.`,
      collect() {
        const metrics = model.metrics()
        if (metrics.count > 0) this.set(labels, read(metrics))
      }
    })

  for (const error of ['mae', 'mse', 'rmse', 'mape'] as const) {
    gauge(error, `${errors[error]} over all predictions`, metrics => metrics[error])
    for (const [index, { size }] of model.metrics().windows.entries()) {
      gauge(
        `${error}_${size}`,
        `${errors[error]} over the latest ${size} predictions`,
        ({ windows }) => windows[index]![error]
      )
    }
  }
  gauge('last_prediction', 'The latest prediction', metrics => metrics.lastPrediction)
  gauge('last_actual', 'What was observed after the latest prediction', metrics => metrics.lastActual)
  gauge('last_error', 'Absolute error of the latest prediction', metrics => metrics.lastError)

  const predictions = new Counter({
    ...common,
    name: 'ml_model_predictions_total',
    help: 'Predictions whose actual value became known.',
    collect() {
      predictions.reset()
      predictions.inc(labels, model.metrics().count)
    }
  })
}
