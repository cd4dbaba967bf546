import { MillraceError } from '@millrace/common'
import type { PendingPrediction, PendingStore } from '@millrace/store'
import type { LearnerLog } from './learner-log.ts'
import { PredictionIds } from './prediction-ids.ts'
import type { After } from './timers.ts'

/** What {@link PendingPredictions} works with. */
export interface PendingPredictionsOptions {
  /** Id of the learner. */
  learner: string
  store: PendingStore
  /** Milliseconds since 1970 that never go back. */
  now: () => number
  after: After
  log: LearnerLog
}

/** A prediction does not wait longer than this for its place in the store. */
const patienceMs = 200

/** The predictions of one learner that wait for their labels. */
export class PendingPredictions {
  readonly #options: PendingPredictionsOptions
  readonly #ids: PredictionIds
  /** Has the last attempt failed? Told once. */
  #isDown = false
  /** How many attempts have lasted too long and still do. */
  #stuck = 0

  constructor(options: PendingPredictionsOptions) {
    this.#options = options
    this.#ids = new PredictionIds(options.learner)
  }

  /**
   * Keep a prediction for its label.
   * @returns its id; undefined when the store fails or takes too long. While a call takes too long no other waits
   */
  async keep(features: Uint8Array, prediction: number): Promise<string | undefined> {
    if (this.#stuck > 0) return undefined
    const { learner, store, now } = this.#options
    const madeAt = now()
    const predictionId = this.#ids.make(madeAt)
    const put = store.put({ predictionId, learner, features, prediction, madeAt })
    return (await this.#isDone(put)) ? predictionId : undefined
  }

  /**
   * A prediction whose label has come. One that this learner made and the store no longer keeps is expired: it is too old,
   * or gave way to newer ones, or the store has lost it.
   * @throws {MillraceError} MILL_PREDICTION_NOT_FOUND, MILL_PREDICTION_EXPIRED or MILL_STORE_FAILED
   */
  async find(predictionId: string): Promise<PendingPrediction> {
    const { learner, store, now } = this.#options
    if (this.#ids.timeOf(predictionId) === undefined) throw notFound(predictionId)
    const found = await store.get(learner, predictionId, now())
    if (found === undefined) throw expired(predictionId)
    return found
  }

  /** The label was learned. When this fails the prediction stays until it expires, which does no harm. */
  forget(predictionId: string): void {
    const { learner, store } = this.#options
    store.remove(learner, predictionId).catch(() => undefined)
  }

  #isDone(put: Promise<void>): Promise<boolean> {
    return new Promise(resolve => {
      let isLate = false
      const cancel = this.#options.after(patienceMs, () => {
        isLate = true
        this.#stuck++
        this.#tell(new MillraceError('MILL_STORE_FAILED', `no answer within ${patienceMs} ms`))
        resolve(false)
      })
      const settle = (error: unknown): void => {
        cancel()
        if (isLate) this.#stuck--
        this.#tell(error)
        resolve(error === undefined)
      }
      put.then(() => settle(undefined), settle)
    })
  }

  /** Say it once when an outage begins, and once when it ends. */
  #tell(error: unknown): void {
    const isDown = error !== undefined
    if (isDown === this.#isDown) return
    this.#isDown = isDown
    const { learner, log } = this.#options
    if (isDown) log.warn({ learner, err: error }, 'predictions cannot be kept for their labels')
    else log.info({ learner }, 'predictions are kept for their labels again')
  }
}

function notFound(predictionId: string): MillraceError {
  return new MillraceError('MILL_PREDICTION_NOT_FOUND', 'this model has made no prediction of that id', {
    details: { predictionId }
  })
}

function expired(predictionId: string): MillraceError {
  return new MillraceError('MILL_PREDICTION_EXPIRED', 'the prediction is no longer kept for its label', {
    details: { predictionId }
  })
}
