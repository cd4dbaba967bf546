import type { LagFeatures, ModelMetrics, ObservationStream, OnlineModel, PipelinePorts } from '@millrace/engine'

/** An observation as the stream hands it out. */
export type LocalObservation = NonNullable<Awaited<ReturnType<ObservationStream['next']>>>

/** The parts of the engine that the pipeline runs over. */
export interface LocalParts {
  stream: Pick<ObservationStream, 'next'>
  features: Pick<LagFeatures, 'add'>
  models: readonly OnlineModel[]
}

/** The pipeline's ports in this process, without HTTP; models are labelled by their names. */
export function localPorts({ stream, features, models }: LocalParts): PipelinePorts<LocalObservation, ModelMetrics> {
  return {
    next: () => stream.next(),
    add: (seriesId, value) => features.add({ seriesId, value }),
    models: models.map(model => ({
      label: model.name,
      predictLearn: (x, y) => model.predictLearn(x, y),
      metrics: () => model.metrics()
    }))
  }
}
