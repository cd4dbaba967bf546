import { firstAllocation } from '../../../src/experiments/allocation.ts'
import type { ExperimentDefinition, ExperimentRecord, Metric } from '../../../src/experiments/experiment.ts'
import type { ArmTally, ExperimentTally } from '../../../src/experiments/ledger/ledger.ts'
import { armTally, converted } from './fixtures.ts'

/** What a test says of an experiment; the rest is usual. */
export interface Given extends Partial<ExperimentDefinition> {
  readonly weights?: readonly number[]
  readonly history?: ExperimentRecord['history']
}

export const conversion: Metric = { name: 'conversion', kind: 'conversion', goal: 'increase' }

/** A running experiment whose arms are `control`, `b`, `c` … */
export function recordOf({ weights = [0.5, 0.5], history = [], ...given }: Given = {}): ExperimentRecord {
  const arms = weights.map((weight, index) => ({
    name: index === 0 ? 'control' : String.fromCodePoint(97 + index),
    model: 'm',
    version: String(index + 1),
    weight
  }))
  const definition: ExperimentDefinition = {
    id: 'x',
    description: '',
    model: 'm',
    alias: 'default',
    entry: 'all',
    strategy: 'hash-based',
    weighting: 'fixed',
    arms,
    control: 'control',
    coverage: 1,
    seed: 'x',
    isSticky: true,
    yields: false,
    missingUnit: 'random',
    onFailure: 'fail',
    overrides: {},
    metrics: [conversion],
    primary: 'conversion',
    alpha: 0.05,
    bandit: { metric: 'conversion', floor: 0.01, minUnits: 100, intervalSeconds: 10 },
    ...given
  }
  return {
    definition,
    state: 'running',
    allocation: firstAllocation(weights, definition.coverage),
    phase: 1,
    createdAt: 0,
    startedAt: 0,
    stoppedAt: undefined,
    history
  }
}

/** Arms with nothing beside them. */
export function tallyOf(arms: readonly ArmTally[], given: Partial<ExperimentTally> = {}): ExperimentTally {
  return { arms, crossed: 0, forgotten: 0, unknownOutcomes: 0, repeatedOutcomes: 0, updatedAt: 0, ...given }
}

/** An arm with conversions. */
export function convertedArm(units: number, successes: number, given: Partial<ArmTally> = {}): ArmTally {
  return armTally({ units, requests: units, metrics: new Map([['conversion', converted(successes)]]), ...given })
}

/** Any number somewhere in a value that is no number, or without end. */
export function oddNumbers(value: unknown, path = ''): string[] {
  if (typeof value === 'number') return Number.isFinite(value) ? [] : [`${path}: ${value}`]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) => oddNumbers(inner, `${path}.${key}`))
}
