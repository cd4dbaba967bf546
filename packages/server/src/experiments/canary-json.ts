import type { CanaryView, ExperimentTally } from '@millrace/engine'
import type { CanaryReply } from '@millrace/protocol'
import { timeText } from './experiment-json.ts'
import { FieldNames } from './field-names.ts'
import { snakeCased } from './snake-case.ts'

/** Names of the fields of a canary in JSON, and inside. */
export const canaryNames = new FieldNames({
  same: ['id', 'model', 'alias', 'candidate', 'steps', 'guards', 'metrics', 'alpha'],
  others: { interval_seconds: 'intervalSeconds', max_requests: 'maxRequests' },
  within: {
    steps: new FieldNames({ same: ['share'], others: { min_requests: 'minRequests', min_seconds: 'minSeconds' } }),
    guards: new FieldNames({ same: ['measure', 'tolerance'], others: { relative: 'isRelative' } }),
    metrics: new FieldNames({ same: ['name', 'kind', 'goal'] })
  }
})

/** A canary as replies tell it. */
export function canaryReply({ id, record, revision, checks }: CanaryView, tally: ExperimentTally): CanaryReply {
  const { definition, canary, history } = record
  const { plan, verdict, step, stepSince, requestsBefore } = canary!
  const { steps, guards, intervalSeconds, maxRequests, ...same } = plan
  const index = definition.arms.findIndex(({ version }) => version === plan.candidate)
  const control = definition.arms.findIndex(({ name }) => name === definition.control)
  // Each step counts anew.
  const requestsOf = (arm: number): number => (tally.arms[arm]?.requests ?? 0) + (tally.arms[arm]?.failures ?? 0)
  const [canaryBefore, controlBefore] = requestsBefore
  return {
    id,
    ...same,
    control: definition.arms[control]?.version ?? '',
    verdict,
    step,
    step_since: timeText(stepSince),
    share: shareOf(record, index),
    steps: steps.map(({ share, minRequests, minSeconds }) => ({
      share,
      min_requests: minRequests,
      min_seconds: minSeconds
    })),
    guards: guards.map(({ isRelative, ...guard }) => ({ ...guard, relative: isRelative })),
    metrics: [...definition.metrics],
    interval_seconds: intervalSeconds,
    max_requests: maxRequests,
    requests: { canary: canaryBefore + requestsOf(index), control: controlBefore + requestsOf(control) },
    checks: checks.map(check => ({ ...check })),
    decisions: history.map(({ at, what, details }) => ({
      at: timeText(at),
      what,
      details: snakeCased(details) as Record<string, unknown>
    })),
    revision
  }
}

/** Share of buckets of an arm; none of a canary that decides nothing. */
function shareOf({ allocation, state }: CanaryView['record'], arm: number): number {
  if (state !== 'running') return 0
  const buckets = allocation.filter(([, , owner]) => owner === arm).map(([first, end]) => end - first)
  return buckets.reduce((sum, count) => sum + count, 0) / 10_000
}
