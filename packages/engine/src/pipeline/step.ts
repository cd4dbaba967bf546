/** The series that the pipeline keeps its lags under; existing users know this name. */
export const pipelineSeries = 'features_pipeline'

/** What the feature side answers to a new value. */
export interface StepFeatures {
  /** Lag name to value, read before the new value was stored. */
  features: Record<string, number>
  /** The value just added. */
  target: number
  /** How many of the lags are known; the others are 0. */
  availableLags: number
}

/** A model as the pipeline sees it. `M` is what it tells of its score. */
export interface StepModel<M> {
  readonly label: string
  predictLearn(features: Record<string, number>, target: number): Promise<number> | number
  metrics(): Promise<M> | M
}

/** What one step needs of the outside; `O` is the observation, of which the step reads only the target. */
export interface PipelinePorts<O extends { target: number }, M> {
  /** The next observation, or undefined at the end of the stream. */
  next(): Promise<O | undefined> | O | undefined
  add(seriesId: string, value: number): Promise<StepFeatures> | StepFeatures
  readonly models: readonly StepModel<M>[]
}

/** How one model fared in a step: what it got done before it failed, if it failed. */
export interface ModelOutcome<M> {
  label: string
  /** Made before learning; undefined when the model failed. */
  prediction: number | undefined
  metrics: M | undefined
  /** What the model threw, or undefined. */
  error: unknown
  /** Milliseconds for prediction, learning and metrics. */
  ms: number
}

/** A step that was taken. */
export interface StepDone<O, M> extends StepFeatures {
  outcome: 'done'
  observation: O
  /** In the order of the ports. */
  models: ModelOutcome<M>[]
  /** Milliseconds for the whole step. */
  ms: number
}

/** A step, or the news that the stream has nothing more to give. */
export type StepResult<O, M> = StepDone<O, M> | { outcome: 'exhausted' }

/**
 * One step of the pipeline: take the next observation, turn it into lags, let all models predict and learn it in
 * parallel, ask each for its metrics. A model that fails is told of in its outcome and fails nobody else.
 * @param clock milliseconds that never go backwards
 * @throws whatever `next` or `add` throws; no model has seen the observation then
 */
export async function runStep<O extends { target: number }, M>(
  ports: PipelinePorts<O, M>,
  clock: () => number
): Promise<StepResult<O, M>> {
  const start = clock()
  const observation = await ports.next()
  if (observation === undefined) return { outcome: 'exhausted' }
  const added = await ports.add(pipelineSeries, observation.target)
  const models = await Promise.all(ports.models.map(model => teach(model, added, clock)))
  return { outcome: 'done', observation, ...added, models, ms: clock() - start }
}

async function teach<M>(
  model: StepModel<M>,
  { features, target }: StepFeatures,
  clock: () => number
): Promise<ModelOutcome<M>> {
  const start = clock()
  const outcome: ModelOutcome<M> = {
    label: model.label,
    prediction: undefined,
    metrics: undefined,
    error: undefined,
    ms: 0
  }
  try {
    outcome.prediction = await model.predictLearn(features, target)
    outcome.metrics = await model.metrics()
  } catch (error) {
    outcome.error = error
  }
  outcome.ms = clock() - start
  return outcome
}
