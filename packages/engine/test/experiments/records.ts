import type { Arm, ExperimentDefinition, ExperimentRecord } from '../../src/experiments/experiment.ts'

/** An arm of model `m` that is named as its version. */
export function arm(version: string, weight: number, more: Partial<Arm> = {}): Arm {
  return { name: version, model: 'm', version, weight, ...more }
}

/** A definition of two arms, `v1` and `v2`, with half of the units each. */
export function definition(more: Partial<ExperimentDefinition> = {}): ExperimentDefinition {
  const id = more.id ?? 'e'
  return {
    id,
    description: '',
    model: 'm',
    alias: 'default',
    entry: 'all',
    strategy: 'hash-based',
    weighting: 'fixed',
    arms: [arm('v1', 0.5), arm('v2', 0.5)],
    control: 'v1',
    coverage: 1,
    seed: id,
    isSticky: false,
    yields: false,
    missingUnit: 'random',
    onFailure: 'control',
    overrides: {},
    metrics: [{ name: 'conversion', kind: 'conversion', goal: 'increase' }],
    primary: 'conversion',
    alpha: 0.05,
    bandit: { metric: 'conversion', floor: 0.01, minUnits: 100, intervalSeconds: 10 },
    ...more
  }
}

/** A draft of it. */
export function record(
  more: Partial<ExperimentDefinition> = {},
  rest: Partial<ExperimentRecord> = {}
): ExperimentRecord {
  return {
    definition: definition(more),
    state: 'draft',
    allocation: [
      [0, 5000, 0],
      [5000, 10_000, 1]
    ],
    phase: 1,
    createdAt: 1,
    startedAt: undefined,
    stoppedAt: undefined,
    history: [],
    ...rest
  }
}
