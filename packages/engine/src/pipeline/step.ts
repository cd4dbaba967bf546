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

/** An observation that the stream hands out until somebody is done with it. */
export interface TakenObservation<O> {
  observation: O
  /** What it is known by at the features and at every model, however often it is taken. */
  id: string
  /** Let the stream move past it. Does nothing when that has happened. */
  commit(): Promise<void>
}

/** A model as the pipeline sees it. `M` is what it tells of its score. */
export interface StepModel<M> {
  readonly label: string
  /** Learns an observation once, however often it comes; a repeat is answered as the first time. */
  predictLearn(features: Record<string, number>, target: number, observationId: string): Promise<number>
  metrics(): Promise<M> | M
}

/** What one step needs of the outside; `O` is the observation, of which the step reads only the target. */
export interface PipelinePorts<O extends { target: number }, M> {
  /** The next observation, or undefined at the end of the stream. */
  take(): Promise<TakenObservation<O> | undefined>
  /** Stores a value once, however often it comes; a repeat is answered as the first time. */
  add(seriesId: string, value: number, observationId: string): Promise<StepFeatures>
  readonly models: readonly StepModel<M>[]
  /** Whether what `add` or `predictLearn` threw refuses this very observation, so that asking again is of no use. */
  isRefusal(error: unknown): boolean
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
  /** What the observation is known by. */
  id: string
  /** False when a model has yet to learn the observation: the next step takes the same one again. */
  isCommitted: boolean
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
 *
 * The stream moves on once everybody has the observation or has refused it. Until then every step takes the same one
 * with the same id, whatever happened to the step before, so that nothing is lost; and since those that have it answer
 * a repeat as the first time, nothing is doubled.
 * @param clock milliseconds that never go backwards
 * @throws whatever `take`, `add` or `commit` throws; no model has seen the observation when it was one of the first two
 */
export async function runStep<O extends { target: number }, M>(
  ports: PipelinePorts<O, M>,
  clock: () => number
): Promise<StepResult<O, M>> {
  const start = clock()
  const taken = await ports.take()
  if (taken === undefined) return { outcome: 'exhausted' }
  const added = await add(ports, taken)
  const models = await Promise.all(ports.models.map(model => teach(model, added, { id: taken.id, clock })))
  const isCommitted = models.every(({ prediction, error }) => prediction !== undefined || ports.isRefusal(error))
  if (isCommitted) await taken.commit()
  const { observation, id } = taken
  return { outcome: 'done', observation, id, isCommitted, ...added, models, ms: clock() - start }
}

/** A value that is refused is passed over, since it would stand in the way for ever; the step fails all the same. */
async function add<O extends { target: number }, M>(
  ports: PipelinePorts<O, M>,
  { observation, id, commit }: TakenObservation<O>
): Promise<StepFeatures> {
  try {
    return await ports.add(pipelineSeries, observation.target, id)
  } catch (error) {
    if (ports.isRefusal(error)) await commit()
    throw error
  }
}

async function teach<M>(
  model: StepModel<M>,
  { features, target }: StepFeatures,
  { id, clock }: { id: string; clock: () => number }
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
    outcome.prediction = await model.predictLearn(features, target, id)
    outcome.metrics = await model.metrics()
  } catch (error) {
    outcome.error = error
  }
  outcome.ms = clock() - start
  return outcome
}
