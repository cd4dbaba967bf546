import type { ModelMetadata } from '@millrace/store'
import type { ModelMetrics } from '../../learning/model-score.ts'
import type { ServedLearner } from '../../learning/served-learner.ts'
import type { ServedVersion } from '../served-version.ts'
import { learnerInputs, learnerOutputs, learnerShape, mostRows } from './learner-interface.ts'
import { LearnerRunner } from './learner-runner.ts'

/** Name of the version of a learner that goes on learning. */
export const liveName = 'live'

/**
 * A learner in service as a version of a model: what it answers is what the learner would predict at that moment, so it
 * has no digest. Takes the forms of input that its metadata describe.
 * @param options `model` is what it is called, the learner's name unless given; `now` gives milliseconds since 1970
 */
export function liveVersion(
  learner: ServedLearner,
  { model = learner.name, now = Date.now }: { model?: string; now?: () => number } = {}
): ServedVersion {
  const runner = new LearnerRunner({
    label: `${model}/${liveName}`,
    predict: x => learner.predict(x),
    featureNames: () => learner.featureNames()
  })
  return {
    model,
    version: liveName,
    platform: 'millrace_learner',
    digest: undefined,
    inputs: learnerInputs,
    outputs: learnerOutputs,
    classLabels: new Map(),
    metadata: liveMetadata(learner, model),
    maxBatchRows: mostRows,
    get memoryBytes() {
      return learner.memoryBytes()
    },
    loadMs: 0,
    loadedAt: now(),
    run: request => runner.run(request),
    counts: () => runner.counts()
  }
}

/** Costly parts are made when they are looked at: they change with every row that is learned. */
function liveMetadata(learner: ServedLearner, model: string): ModelMetadata {
  return {
    modelName: model,
    version: liveName,
    description: 'a learner that goes on learning',
    modelType: 'regression',
    get features() {
      return learner.featureNames().map(name => ({ name }))
    },
    classNames: [],
    get metrics() {
      return scores(learner.metrics())
    },
    outputs: { prediction: learnerOutputs[0]!.name },
    get raw() {
      const { text, attributes } = learner.describe()
      return {
        model_name: model,
        version: liveName,
        model_type: 'regression',
        learner: learner.name,
        description: text,
        parameters: attributes,
        features: learner.featureNames(),
        metrics: scores(learner.metrics()),
        ...learnerShape
      }
    }
  }
}

/** What of a score goes into metadata. */
export function scores({ count, mae, mse, rmse, mape }: ModelMetrics): Record<string, number> {
  return { count, mae, mse, rmse, mape }
}
