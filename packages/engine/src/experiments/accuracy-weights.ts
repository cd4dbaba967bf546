import type { ModelServer } from '../serving/model-server.ts'
import type { Arm } from './experiment.ts'

/** What a version whose metadata say nothing is taken to be. */
const unknownAccuracy = 0.5

/** Arms with weights in proportion to the accuracy that the metadata of their versions tell; all alike when it is 0. */
export function weightedByAccuracy(arms: readonly Arm[], models: Pick<ModelServer, 'model'>): readonly Arm[] {
  const accuracies = arms.map(arm => accuracyOf(arm, models))
  const sum = accuracies.reduce((total, accuracy) => total + accuracy, 0)
  return arms.map((arm, index) => ({ ...arm, weight: sum > 0 ? accuracies[index]! / sum : 1 / arms.length }))
}

function accuracyOf({ model, version }: Arm, models: Pick<ModelServer, 'model'>): number {
  const found = models.model(model).versions.find(status => status.version === version)
  const accuracy = (found?.served?.metadata ?? found?.metadata)?.accuracy ?? unknownAccuracy
  return Number.isFinite(accuracy) ? Math.max(0, accuracy) : unknownAccuracy
}
