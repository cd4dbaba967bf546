import { isDeepStrictEqual } from 'node:util'
import type { Arm, ExperimentDefinition, Metric } from './experiment.ts'
import type { DefinitionFault } from './experiments.ts'
import { definitionFields } from './read-definition.ts'

/** What may be changed freely of an experiment that measures. Of arms, weights may be, and others added; so may metrics. */
const free = new Set<string>(['description', 'coverage', 'yields', 'overrides', 'bandit', 'arms', 'metrics'])

/** What somebody would have to write for a definition with some of its fields changed, and of `bandit` parts of it. */
export function changedDraft(
  definition: ExperimentDefinition,
  change: Readonly<Record<string, unknown>>
): Readonly<Record<string, unknown>> {
  const { bandit } = change
  const isPart = typeof bandit === 'object' && bandit !== null && !Array.isArray(bandit)
  return { ...draftOf(definition), ...change, ...(isPart && { bandit: { ...definition.bandit, ...bandit } }) }
}

/** Weights that follow accuracy are in the definition without anybody having written them. */
function draftOf(definition: ExperimentDefinition): Record<string, unknown> {
  if (definition.weighting !== 'accuracy') return { ...definition }
  return { ...definition, arms: definition.arms.map(({ name, model, version }) => ({ name, model, version })) }
}

/** A definition in the order of the arms of another one, as far as it has them: buckets and numbers go by the index. */
export function inOrderOf(before: ExperimentDefinition, definition: ExperimentDefinition): ExperimentDefinition {
  const names = new Map(before.arms.map(({ name }, index) => [name, index]))
  const place = ({ name }: Arm): number => names.get(name) ?? names.size
  return { ...definition, arms: definition.arms.toSorted((a, b) => place(a) - place(b)) }
}

/** A definition whose arms keep the weights that they were given when the experiment began, where they are the same arms. */
export function withWeightsOf(before: ExperimentDefinition, definition: ExperimentDefinition): ExperimentDefinition {
  const isSame = before.arms.length === definition.arms.length && before.weighting === definition.weighting
  if (!isSame || !before.arms.every((arm, index) => isSameArm(arm, definition.arms[index]))) return definition
  return { ...definition, arms: before.arms }
}

/** Fields that differ. */
export function changedFields(
  before: ExperimentDefinition,
  after: ExperimentDefinition
): (keyof ExperimentDefinition)[] {
  return definitionFields.filter(field => !isDeepStrictEqual(plain(before[field]), plain(after[field])))
}

/** What of a change would void what was measured: with it old and new numbers cannot be compared. */
export function voidingFaults(before: ExperimentDefinition, after: ExperimentDefinition): DefinitionFault[] {
  const fields: string[] = changedFields(before, after).filter(field => !free.has(field))
  if (!before.arms.every((arm, index) => isSameArm(arm, after.arms[index]))) fields.push('arms')
  if (!before.metrics.every(metric => after.metrics.some(other => isSameMetric(metric, other)))) fields.push('metrics')
  return fields.map(field => ({ place: [field], message: `${field} ${reasonFor(field)}` }))
}

function reasonFor(field: string): string {
  if (field === 'arms') return 'may get other weights, and arms that are added, but each that is measured must stay'
  if (field === 'metrics') return 'may be added, but each that is measured must stay'
  return 'cannot be changed while the experiment measures: it would void what was measured'
}

/** Whether it is the same but for its weight. */
export function isSameArm({ name, model, version }: Arm, other: Arm | undefined): boolean {
  return other?.name === name && other.model === model && other.version === version
}

function isSameMetric(metric: Metric, other: Metric): boolean {
  return metric.name === other.name && metric.kind === other.kind && metric.goal === other.goal
}

/** As it is once it was kept. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value))
}
