import { Registry } from 'prom-client'
import { buildApp } from '../../src/app.ts'
import type { App } from '../../src/app-type.ts'
import { adRoutes } from '../../src/documents/ad-routes.ts'
import { batchRoute } from '../../src/documents/batch-route.ts'
import { dataModel } from '../../src/documents/data-model.ts'
import { predictRoute } from '../../src/documents/predict-route.ts'
import { servingMetrics } from '../../src/metrics/serving-metrics.ts'
import { common } from '../services.ts'
import { type Script, type ScriptedModels, scriptedModels } from './scripted-models.ts'

/** The predicting routes over models whose answers a test writes down; the learner always says 42. */
export function scriptedApp(scripts: Record<string, Script>): { app: App; models: ScriptedModels } {
  const models = scriptedModels(scripts)
  const app = buildApp({ ...common, service: 'inference' })
  const deps = {
    models,
    dataModel: dataModel(models, 'data_model'),
    featuresModel: 'features_model',
    learner: { predictAndKeep: async () => ({ prediction: 42, predictionId: undefined }) },
    metrics: servingMetrics(new Registry())
  }
  void app.register(predictRoute, deps)
  void app.register(batchRoute, deps)
  void app.register(adRoutes, deps)
  return { app, models }
}
