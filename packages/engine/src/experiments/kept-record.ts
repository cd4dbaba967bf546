import { type ExperimentRecord, strategies } from './experiment.ts'

/** The form of entries that this program writes and reads. */
const form = 1

/** What an entry of the registry says. */
export type KeptEntry =
  | { readonly is: 'record'; readonly record: ExperimentRecord }
  /** An experiment that was removed: entries cannot be. Another one of its id begins with a later phase. */
  | { readonly is: 'removed'; readonly phase: number }
  /** Of another program, most likely a newer one. */
  | { readonly is: 'unknown' }

/** An entry as it is kept: plain JSON. */
export function valueOf(entry: Exclude<KeptEntry, { is: 'unknown' }>): unknown {
  return entry.is === 'record' ? { form, record: entry.record } : { form, removed: { phase: entry.phase } }
}

/** Read an entry. What cannot be understood as a whole is `unknown`: nobody may decide by half of it. */
export function entryFrom(value: unknown): KeptEntry {
  if (!isObject(value) || value['form'] !== form) return { is: 'unknown' }
  const { record, removed } = value
  if (isObject(removed) && isPhase(removed['phase'])) return { is: 'removed', phase: removed['phase'] }
  return isRecord(record) ? { is: 'record', record } : { is: 'unknown' }
}

/** Whether all that routing follows blindly is there. */
function isRecord(value: unknown): value is ExperimentRecord {
  if (!isObject(value) || !isPhase(value['phase']) || !Array.isArray(value['history'])) return false
  const { definition, allocation, settled = [], canary } = value
  if (!['draft', 'running', 'paused', 'stopped'].includes(value['state'] as string)) return false
  if (!isDefinition(definition) || (canary !== undefined && !(isObject(canary) && isObject(canary['plan']))))
    return false
  const arms = definition['arms'] as readonly unknown[]
  return [allocation, settled].every(runs => Array.isArray(runs) && runs.every(run => isRun(run, arms.length)))
}

const texts = ['id', 'model', 'alias', 'control', 'seed', 'primary'] as const
const numbers = ['coverage', 'alpha'] as const
const banditNumbers = ['floor', 'minUnits', 'intervalSeconds'] as const

function isDefinition(value: unknown): value is Record<string, unknown> {
  if (!isObject(value) || !areAll(value, texts, 'string') || !areAll(value, numbers, 'number')) return false
  const { arms, metrics, overrides, strategy, bandit } = value
  if (!strategies.includes(strategy as never) || !isObject(overrides)) return false
  if (!isObject(bandit) || !areAll(bandit, banditNumbers, 'number')) return false
  if (!Array.isArray(metrics) || !metrics.every(isMetric)) return false
  return Array.isArray(arms) && arms.length > 0 && arms.every(isArm)
}

function isMetric(value: unknown): boolean {
  return isObject(value) && areAll(value, ['name', 'kind', 'goal'], 'string')
}

function isArm(value: unknown): boolean {
  if (!isObject(value) || typeof value['weight'] !== 'number') return false
  return areAll(value, ['name', 'model', 'version'], 'string')
}

function isRun(run: unknown, arms: number): boolean {
  return Array.isArray(run) && run.length === 3 && run.every(Number.isSafeInteger) && run[2] >= 0 && run[2] < arms
}

function areAll(value: Record<string, unknown>, keys: readonly string[], type: 'string' | 'number'): boolean {
  return keys.every(key => typeof value[key] === type)
}

function isPhase(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
