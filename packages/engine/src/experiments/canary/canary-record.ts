import { wrongState } from '../experiment-errors.ts'
import { withHistory } from '../experiment-history.ts'
import {
  type Allocation,
  bucketCount,
  type CanaryRecord,
  type CanaryVerdict,
  type ExperimentRecord
} from '../experiment.ts'
import type { ReadPlan } from './canary-plan.ts'

/** The record of a canary. */
export type RecordOfCanary = ExperimentRecord & { readonly canary: CanaryRecord }

/** What is done to a canary, when and why. */
export interface Deed {
  /** Milliseconds since 1970. */
  readonly at: number
  /** The numbers that decided. Plain JSON. */
  readonly details?: Readonly<Record<string, unknown>> | undefined
}

/** Indices of the arms. */
export const [controlArm, canaryArm] = [0, 1] as const

/** Verdicts after which nothing is done any more. */
const ends: readonly CanaryVerdict[] = ['promoted', 'rolled_back', 'cancelled']

/** A canary in its first step. */
export function newCanary({ plan, definition }: ReadPlan, { at }: Deed): RecordOfCanary {
  const canary = {
    plan,
    verdict: 'running' as const,
    step: 0,
    stepSince: at,
    requestsBefore: [0, 0] as const
  }
  const share = plan.steps[0]!.share
  const record: RecordOfCanary = {
    definition,
    state: 'running',
    allocation: allocationOf(share),
    phase: 1,
    createdAt: at,
    startedAt: at,
    stoppedAt: undefined,
    history: [],
    canary
  }
  const [control, candidate] = definition.arms.map(({ version }) => version)
  return noted(record, 'created', { at, details: { control, candidate, step: 0, share } })
}

/** The next step. Units of the canary stay in it: its buckets are the first ones, and grow. */
export function nextStep(record: RecordOfCanary, requests: CanaryRecord['requestsBefore'], deed: Deed): RecordOfCanary {
  const { canary } = record
  const step = canary.step + 1
  const { share } = canary.plan.steps[step]!
  const next = { ...canary, step, stepSince: deed.at, requestsBefore: requests }
  const changed = { ...record, phase: record.phase + 1, allocation: allocationOf(share), canary: next }
  return noted(changed, 'step', { ...deed, details: { ...deed.details, step, share } })
}

/** Requests and time go on as they are. */
export function withVerdict(
  record: RecordOfCanary,
  verdict: 'running' | 'frozen' | 'undecided',
  deed: Deed & { what: string }
): RecordOfCanary {
  return noted({ ...record, canary: { ...record.canary, verdict } }, deed.what, deed)
}

/** The alias is about to be moved. */
export function promoting(record: RecordOfCanary, deed: Deed): RecordOfCanary {
  return noted({ ...record, canary: { ...record.canary, promotingSince: deed.at } }, 'promoting', deed)
}

/** The alias could not be moved: a person has to see why. */
export function notPromoted(record: RecordOfCanary, deed: Deed): RecordOfCanary {
  const { promotingSince, ...canary } = record.canary
  return noted({ ...record, canary: { ...canary, verdict: 'undecided' } }, 'promotion_failed', {
    ...deed,
    details: { ...deed.details, since: promotingSince }
  })
}

/** Its end: all traffic goes by the alias. */
export function ended(
  record: RecordOfCanary,
  verdict: 'promoted' | 'rolled_back' | 'cancelled',
  deed: Deed
): RecordOfCanary {
  const { promotingSince: _, ...canary } = record.canary
  const [allocation, stoppedAt] = [allocationOf(0), deed.at]
  return noted({ ...record, state: 'stopped', stoppedAt, allocation, canary: { ...canary, verdict } }, verdict, deed)
}

/** A look that changed nothing. */
export function held(record: RecordOfCanary, deed: Deed): RecordOfCanary {
  return noted(record, 'held', deed)
}

/** Phases of all its steps so far, the present one last. */
export function phasesOf({ phase, canary: { step } }: RecordOfCanary): number[] {
  return Array.from({ length: step + 1 }, (_, index) => phase - step + index)
}

/** Undefined for an experiment that is none. */
export function asCanary(record: ExperimentRecord): RecordOfCanary | undefined {
  return record.canary === undefined ? undefined : { ...record, canary: record.canary }
}

/** Whether nothing is done about it any more. */
export function isOver({ canary }: RecordOfCanary): boolean {
  return ends.includes(canary.verdict)
}

/** Whether nobody has decided anything about it since it was seen. */
export function isUntouched(now: RecordOfCanary, seen: RecordOfCanary): boolean {
  const { verdict, step, promotingSince } = now.canary
  const isSame = now.startedAt === seen.startedAt && verdict === seen.canary.verdict && step === seen.canary.step
  return isSame && now.state === 'running' && promotingSince === undefined
}

/** @throws {MillraceError} MILL_EXPERIMENT_STATE for one that is over or about to be */
export function checkGoesOn(record: RecordOfCanary): void {
  const { id } = record.definition
  const { verdict, promotingSince } = record.canary
  if (isOver(record)) throw wrongState(id, `is over: it was ${told(verdict)}`)
  if (promotingSince !== undefined) throw wrongState(id, 'is being promoted')
}

/** @throws {MillraceError} MILL_EXPERIMENT_STATE unless it is over */
export function checkOver(record: RecordOfCanary): void {
  if (!isOver(record)) throw wrongState(record.definition.id, 'is not over: promote it or roll it back first')
}

function told(verdict: CanaryVerdict): string {
  return verdict.replace('_', ' ')
}

function allocationOf(share: number): Allocation {
  const end = Math.round(share * bucketCount)
  const canary = [0, end, canaryArm] as const
  const control = [end, bucketCount, controlArm] as const
  return end === 0 ? [control] : [canary, control]
}

function noted(record: RecordOfCanary, what: string, { at, details }: Deed): RecordOfCanary {
  return { ...withHistory(record, { at, what, details }), canary: record.canary }
}
