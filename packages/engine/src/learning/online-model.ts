import { learnable } from '@millrace/common'
import type { Features, Regressor } from '@millrace/online'
import {
  createLearner,
  describeLearner,
  type LearnerDescription,
  type LearnerName,
  type LearnerSettings
} from './catalog.ts'
import { forecast, type ForecastStep } from './forecast.ts'
import { ModelScore, type ModelMetrics } from './model-score.ts'

/** A learner in service: it predicts, learns, and keeps the score of every prediction it learned the truth of. */
export interface OnlineModel {
  readonly name: LearnerName
  /** Predict, score, learn; for callers who do not want the prediction. All or nothing. */
  train(x: Features, y: number): void
  /** Predict. Changes nothing, not even the score. */
  predict(x: Features): number
  /** The prediction made before learning that `x` had the target `y`. All or nothing. */
  predictLearn(x: Features, y: number): number
  /** Forecast several steps ahead. Changes nothing. */
  predictMany(x: Features, steps: number): ForecastStep[]
  metrics(): ModelMetrics
  describe(): LearnerDescription
}

/** What {@link createOnlineModel} is given. */
export interface OnlineModelSettings extends LearnerSettings {
  name: LearnerName
  /**
   * How many different feature names the model learns at most; integer >= 1, by default without limit. A learn that
   * would add more is refused with MILL_FEATURE_LIMIT, so that nobody can fill the memory with ever new names.
   */
  featureNamesLimit?: number
}

/**
 * A fresh model under one of the known names.
 * @throws {MillraceError} MILL_OPTION_INVALID
 */
export function createOnlineModel({ name, featureNamesLimit, ...settings }: OnlineModelSettings): OnlineModel {
  const learner = createLearner(name, settings)
  if (featureNamesLimit !== undefined) learner.limitNames(featureNamesLimit)
  return serveLearner(name, learner, describeLearner(name, settings))
}

function serveLearner(name: LearnerName, learner: Regressor, description: LearnerDescription): OnlineModel {
  const score = new ModelScore()
  const predictLearn = (x: Features, y: number): number => {
    learnable('target', y)
    const prediction = learner.predictOne(x)
    score.check(y, prediction)
    learner.learnOne(x, y)
    score.update(y, prediction)
    return prediction
  }
  return {
    name,
    train: (x, y) => void predictLearn(x, y),
    predict: x => learner.predictOne(x),
    predictLearn,
    predictMany: (x, steps) => forecast(learner, x, steps),
    metrics: () => score.metrics(),
    describe: () => description
  }
}
