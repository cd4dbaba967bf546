import type { CanaryRecord } from '../experiment.ts'
import type { CanaryCheck } from '../experiments.ts'

/** What a canary is decided by. */
export interface CanaryNumbers {
  readonly checks: readonly CanaryCheck[]
  /** Requests of the present step. */
  readonly requests: { readonly canary: number; readonly control: number }
  /** Why the candidate cannot answer; undefined while it can. */
  readonly notReady: string | undefined
  /** Milliseconds since 1970. */
  readonly now: number
}

/** What is to be done about a canary. */
export type CanaryDecision =
  | { readonly do: 'advance' | 'promote' }
  | { readonly do: 'hold' | 'roll_back' | 'undecided'; readonly reason: string }

/**
 * Decide about a canary. A breach, or a candidate that cannot answer any more, rolls back at every step, also where the
 * rollout is frozen. A step is over when both have had its requests and its time; the last one ends in a promotion when
 * every guard passes that there are numbers for. Where numbers do not decide, it holds, and after `maxRequests` a person
 * has to: as the inconclusive runs of Argo Rollouts pause, and unlike Flagger, which promotes what it has not found bad.
 * @see https://argo-rollouts.readthedocs.io/en/stable/features/analysis/#inconclusive-runs
 * @see https://docs.flagger.app/usage/how-it-works#canary-analysis
 */
export function decideCanary(
  { plan, verdict, step, stepSince, requestsBefore }: CanaryRecord,
  { checks, requests, notReady, now }: CanaryNumbers
): CanaryDecision {
  if (notReady !== undefined) return { do: 'roll_back', reason: notReady }
  const breached = checks.filter(({ says }) => says === 'breach').map(({ measure }) => measure)
  if (breached.length > 0) return { do: 'roll_back', reason: `${breached.join(', ')} worse than is let pass` }
  if (verdict !== 'running') return { do: 'hold', reason: `it is ${verdict}` }
  const { minRequests, minSeconds } = plan.steps[step]!
  const fewest = Math.min(requests.canary, requests.control)
  if (fewest < minRequests) return { do: 'hold', reason: `the step has ${fewest} of ${minRequests} requests` }
  const seconds = (now - stepSince) / 1000
  if (seconds < minSeconds) return { do: 'hold', reason: `the step is to last ${minSeconds} seconds` }
  if (step < plan.steps.length - 1) return { do: 'advance' }
  const unsure = checks.filter(({ says }) => says === 'unsure').map(({ measure }) => measure)
  const isKnown = checks.some(({ says }) => says === 'pass')
  if (unsure.length === 0 && isKnown) return { do: 'promote' }
  const reason =
    isKnown || unsure.length > 0 ? `nothing is certain yet about ${unsure.join(', ')}` : 'there are no numbers'
  const all = requestsBefore[0] + requests.canary
  return { do: all >= plan.maxRequests ? 'undecided' : 'hold', reason }
}
