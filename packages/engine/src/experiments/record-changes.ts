import { isDeepStrictEqual } from 'node:util'
import { commonTo, firstAllocation, reallocate, weightsOf } from './allocation.ts'
import { changedFields } from './definition-change.ts'
import { wrongState } from './experiment-errors.ts'
import { withHistory } from './experiment-history.ts'
import type { Allocation, ExperimentDefinition, ExperimentRecord, ExperimentState } from './experiment.ts'

/** When something is done, and by whom. */
export interface Done {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly by?: string | undefined
}

/** The record of a new experiment. @param state `draft`, or the one that it begins in */
export function newRecord(definition: ExperimentDefinition, state: ExperimentState, done: Done): ExperimentRecord {
  const { at } = done
  const allocation = allocationOf(definition)
  const record: ExperimentRecord = {
    definition,
    state,
    allocation,
    settled: allocation,
    phase: 1,
    createdAt: at,
    startedAt: state === 'running' ? at : undefined,
    stoppedAt: undefined,
    history: []
  }
  return noted(record, 'created', done, { weights: weightsOf(record.allocation, definition.arms.length) })
}

/**
 * Another definition for an experiment. Buckets move as little as can be, unless it is a draft or begins a phase anew.
 * @returns the same record where nothing changes
 */
export function redefined(
  record: ExperimentRecord,
  definition: ExperimentDefinition,
  { isNewPhase, ...done }: Done & { isNewPhase: boolean }
): ExperimentRecord {
  const fields = changedFields(record.definition, definition)
  if (fields.length === 0 && !isNewPhase) return record
  const isAnew = isNewPhase || record.state === 'draft'
  const allocation = isAnew ? allocationOf(definition) : moved(record, definition)
  const settled = isAnew ? allocation : settledIn(record, allocation)
  const changed = { ...record, definition, allocation, settled, phase: record.phase + (isNewPhase ? 1 : 0) }
  const areWeightsTold = isNewPhase || !isDeepStrictEqual(allocation, record.allocation)
  return noted(changed, isNewPhase ? 'phase' : 'changed', done, {
    ...shown(definition, fields),
    ...(isNewPhase && { phase: changed.phase }),
    ...(areWeightsTold && { weights: weightsOf(allocation, definition.arms.length) })
  })
}

/** Decides about requests from now on. @param definition of a draft, with weights as they are at the beginning */
export function started(record: ExperimentRecord, definition: ExperimentDefinition, done: Done): ExperimentRecord {
  const {
    state,
    startedAt,
    definition: { id }
  } = record
  if (state === 'running') return record
  if (state === 'stopped') throw wrongState(id, 'was stopped for good')
  const running = { ...record, state: 'running' as const, startedAt: startedAt ?? done.at }
  if (state === 'paused' && startedAt !== undefined) return noted(running, 'resumed', done)
  const allocation = allocationOf(definition)
  const weights = weightsOf(allocation, definition.arms.length)
  return noted({ ...running, definition, allocation, settled: allocation }, 'started', done, { weights })
}

/** Decides about nothing until it is started again. */
export function paused(record: ExperimentRecord, done: Done): ExperimentRecord {
  const { state, definition } = record
  if (state !== 'running' && state !== 'paused') {
    throw wrongState(definition.id, `is not running: it is ${told[state]}`)
  }
  return atRest(record, done)
}

/** As {@link paused}, also for a draft. */
export function atRest(record: ExperimentRecord, done: Done): ExperimentRecord {
  return record.state === 'paused' ? record : noted({ ...record, state: 'paused' }, 'paused', done)
}

/** Ends for good. */
export function stopped(record: ExperimentRecord, done: Done): ExperimentRecord {
  const {
    state,
    definition: { id }
  } = record
  if (state === 'stopped') return record
  if (state === 'draft') throw wrongState(id, 'was never started: it can be removed')
  return noted({ ...record, state: 'stopped', stoppedAt: done.at }, 'stopped', done)
}

/** @throws {MillraceError} MILL_EXPERIMENT_STATE for one that may measure */
export function checkRemovable({ state, definition: { id } }: ExperimentRecord): void {
  if (state !== 'draft' && state !== 'stopped') throw wrongState(id, `is ${told[state]}: stop it first`)
}

const told: Record<ExperimentState, string> = {
  draft: 'a draft',
  running: 'running',
  paused: 'paused',
  stopped: 'stopped'
}

function allocationOf({ arms, coverage }: ExperimentDefinition): Allocation {
  return firstAllocation(
    arms.map(({ weight }) => weight),
    coverage
  )
}

/** What is still settled of an experiment that gets another allocation within its phase. */
export function settledIn({ settled }: ExperimentRecord, allocation: Allocation): Allocation | undefined {
  return settled && commonTo(settled, allocation)
}

/** Weights that somebody gives hold; those that adapted stay where they are. */
function moved(record: ExperimentRecord, definition: ExperimentDefinition): Allocation {
  const { arms, coverage } = definition
  const given = arms.map(({ weight }) => weight)
  const before = record.definition.arms.map(({ weight }) => weight)
  const areGiven = definition.weighting !== 'thompson' || !isDeepStrictEqual(given, before)
  const weights = areGiven ? given : weightsOf(record.allocation, arms.length)
  const isSame = coverage === record.definition.coverage && isDeepStrictEqual(weights, areGiven ? before : weights)
  return isSame ? record.allocation : reallocate(record.allocation, weights, coverage)
}

/** What the history tells of fields: lists of units are too long for it. */
function shown(definition: ExperimentDefinition, fields: readonly (keyof ExperimentDefinition)[]): object {
  const entries = fields.map(field =>
    field === 'overrides' ? [field, Object.keys(definition.overrides).length] : [field, definition[field]]
  )
  return Object.fromEntries(entries)
}

function noted(record: ExperimentRecord, what: string, { at, by }: Done, details: object = {}): ExperimentRecord {
  return withHistory(record, { at, what, details: { ...details, ...(by !== undefined && { by }) } })
}
