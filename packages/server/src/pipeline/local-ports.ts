import { MillraceError } from '@millrace/common'
import type {
  LagFeatures,
  ModelMetrics,
  ObservationStream,
  PipelinePorts,
  ServedLearner,
  StreamedObservation
} from '@millrace/engine'
import { errorTable } from '../http/error-table.ts'

/** The parts of the engine that the pipeline runs over. */
export interface LocalParts {
  stream: Pick<ObservationStream, 'peek' | 'commit'>
  features: Pick<LagFeatures, 'add'>
  learners: readonly Pick<ServedLearner, 'name' | 'learn' | 'metrics'>[]
}

/** The pipeline's ports in this process, without HTTP; models are labelled by their names. */
export function localPorts({
  stream,
  features,
  learners
}: LocalParts): PipelinePorts<StreamedObservation, ModelMetrics> {
  return {
    async take() {
      const observation = await stream.peek()
      if (observation === undefined) return undefined
      return {
        observation,
        id: observation.observationKey,
        commit: async () => void (await stream.commit(observation))
      }
    },
    add: (seriesId, value, observationId) => features.add({ seriesId, value, observationId }),
    models: learners.map(learner => ({
      label: learner.name,
      async predictLearn(x, target, observationId) {
        return (await learner.learn({ features: x, target, observationId })).prediction
      },
      metrics: () => learner.metrics()
    })),
    isRefusal
  }
}

/** What a client would be answered with a 4xx about what it sent. */
function isRefusal(error: unknown): boolean {
  if (!(error instanceof MillraceError) || error.code === 'MILL_NOT_WRITER') return false
  return errorTable[error.code].status < 500
}
