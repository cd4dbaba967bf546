import { type LabelledObservation, type Learned, RepeatedRefusal } from '@millrace/engine'
import { type BatchError, largestBatch, type LearnBatchReply, type LearnBatchRequest } from '@millrace/protocol'
import { failureOf, HttpError, invalidRequest } from '../http/failure.ts'
import { idempotencyKeyOf, type IdCarrier, observationIdIn } from '../http/observation-id.ts'

/**
 * Looks at the number of observations before the schema is checked, which would list a fault for each of them.
 * @throws {HttpError} MILL_REQUEST_INVALID
 */
export function refuseTooMany(body: unknown): void {
  const { observations } = (body ?? {}) as { observations?: unknown }
  if (!Array.isArray(observations) || observations.length <= largestBatch) return
  const msg = `List should have at most ${largestBatch} items`
  throw new HttpError(invalidRequest([{ type: 'too_long', loc: ['body', 'observations'], msg }]))
}

/**
 * The observations of a batch. Each has its own id, or the `Idempotency-Key` of the request with its position.
 * @throws {HttpError} MILL_REQUEST_INVALID for an id that cannot be one
 */
export function observationsOf({ headers, body }: { headers: IdCarrier['headers']; body: LearnBatchRequest }) {
  const key = idempotencyKeyOf(headers)
  return body.observations.map(({ features, target, observation_id: own }, index): LabelledObservation => {
    const observationId =
      own === undefined
        ? key && `${key}/${index}`
        : observationIdIn(own, ['body', 'observations', index, 'observation_id'])
    return { features, target, observationId }
  })
}

/** Reply to a batch, and whether all of it came before. */
export function batchReply(outcomes: readonly (Learned | Error)[]): { body: LearnBatchReply; isRepeat: boolean } {
  const predictions: (number | null)[] = []
  const errors: BatchError[] = []
  let isRepeat = outcomes.length > 0
  for (const [index, outcome] of outcomes.entries()) {
    if (outcome instanceof Error) {
      predictions.push(null)
      errors.push(errorAt(index, outcome))
      isRepeat &&= outcome instanceof RepeatedRefusal
    } else {
      predictions.push(outcome.prediction)
      isRepeat &&= outcome.isRepeat
    }
  }
  return { body: { predictions, errors }, isRepeat }
}

function errorAt(index: number, error: Error): BatchError {
  const { code, message, details } = failureOf(error).body
  return { index, code, message, details }
}
