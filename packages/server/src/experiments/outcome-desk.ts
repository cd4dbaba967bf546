import { MillraceError } from '@millrace/common'
import type { Experiments, FeedbackReceipt } from '@millrace/engine'
import type { OutcomeReply } from '@millrace/protocol'
import { isOfLabels, type MeasuredMetric, outcomesOf, type ToldOutcome } from './outcome-request.ts'

/** What {@link takeOutcome} is given. */
export interface OutcomeDeskDeps {
  readonly experiments: Pick<Experiments, 'list' | 'feedback'> & { canaries: Pick<Experiments['canaries'], 'list'> }
}

/** What became of an outcome. */
export interface TakenOutcome {
  readonly body: OutcomeReply
  /** Whether all of it came before. */
  readonly isRepeat: boolean
}

/**
 * Count what somebody told, in all experiments and canaries that it concerns.
 * @throws {MillraceError} MILL_EXPERIMENT_NOT_FOUND, MILL_ID_CONFLICT, MILL_STORE_FAILED, MILL_INPUT_INVALID for a metric
 *   that was named and that nobody measures
 */
export async function takeOutcome(
  { experiments }: OutcomeDeskDeps,
  told: ToldOutcome,
  id: string | undefined
): Promise<TakenOutcome> {
  const measured = measuredIn(experiments)
  refuseUnknown(told, measured)
  const outcomes = outcomesOf(told, id, measured)
  const receipts: FeedbackReceipt[] = []
  // One after the other: of outcomes under one id, the first that conflicts ends it.
  for (const outcome of outcomes) receipts.push(...(await experiments.feedback(outcome)))
  const status = receipts.length > 0 ? 'counted' : outcomes.length > 0 ? 'kept' : 'not_measured'
  const note = status === 'kept' ? noteOn(told, measured) : undefined
  return {
    body: {
      status,
      counted: receipts.map(({ experiment, arm, metric, value }) => ({ experiment, arm, metric, value })),
      ...(note !== undefined && { note })
    },
    isRepeat: receipts.length > 0 && receipts.every(({ isRepeat }) => isRepeat)
  }
}

function measuredIn({ list, canaries }: OutcomeDeskDeps['experiments']): MeasuredMetric[] {
  const experiments = list().filter(({ startedAt }) => startedAt !== undefined)
  const definitions = [
    ...experiments.map(({ definition }) => definition),
    ...canaries.list().map(({ record }) => record.definition)
  ]
  return definitions.flatMap(({ id, metrics, strategy }) =>
    metrics.map(({ name, kind }) => ({ experiment: id, name, kind, isDrawn: strategy === 'random' }))
  )
}

/** Units mean nothing to experiments that draw every request anew: whoever asks by them should not wait in vain. */
function noteOn({ experiment, requestId }: ToldOutcome, measured: readonly MeasuredMetric[]): string | undefined {
  const concerned = measured.filter(one => experiment === undefined || one.experiment === experiment)
  if (requestId !== undefined || !concerned.every(({ isDrawn }) => isDrawn)) return undefined
  const ids = [...new Set(concerned.map(one => one.experiment))].join(', ')
  return `of ${ids} (strategy random) every request is a unit of its own: send request_id to say which one this is about`
}

function refuseUnknown(told: ToldOutcome, measured: readonly MeasuredMetric[]): void {
  const { experiment, metric } = told
  const concerned = measured.filter(one => experiment === undefined || one.experiment === experiment)
  if (experiment !== undefined && concerned.length === 0) {
    throw new MillraceError(
      'MILL_EXPERIMENT_NOT_FOUND',
      `there is no experiment or canary ${experiment} that has begun`,
      {
        details: { experiment }
      }
    )
  }
  if (metric === undefined) return
  const named = concerned.filter(({ name }) => name === metric)
  const isNumber = told.conversion !== undefined || told.value !== undefined
  if (named.some(one => isOfLabels(one) !== isNumber)) return
  throw new MillraceError('MILL_INPUT_INVALID', whyNot(metric, { named, concerned }), { details: { metric } })
}

function whyNot(
  metric: string,
  { named, concerned }: { named: readonly MeasuredMetric[]; concerned: readonly MeasuredMetric[] }
): string {
  const [found] = named
  if (found === undefined) {
    const known = [...new Set(concerned.map(({ name }) => name))].join(', ')
    return `nobody measures a metric ${metric}; there ${known === '' ? 'is none' : `are ${known}`}`
  }
  return isOfLabels(found)
    ? `metric ${metric} follows from labels: send label, with the request_id`
    : `metric ${metric} does not follow from labels: send value or conversion`
}
