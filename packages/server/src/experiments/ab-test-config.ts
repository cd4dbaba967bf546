import type {
  DefinitionFault,
  ExperimentDefinition,
  ExperimentDraft,
  ExperimentView,
  ModelStatus
} from '@millrace/engine'
import { type AbTestConfig, abTestStrategies, type AbTestWeights, abTestWeights } from '@millrace/protocol'
import { isObject, type JsonObject } from '../documents/body-reader.ts'
import { nearest } from '../nearest.ts'

/** Id of the experiment that the documented A/B test is. */
export const abTestId = 'ab-test'

/** What can be configured of it. */
export interface AbTestWishes extends AbTestConfig {
  weights: AbTestWeights
}

const fields = ['enabled', 'split_ratio', 'models', 'strategy', 'weights'] as const
const mostModels = 20
/** Characters of a wrong value that are shown. */
const longestShown = 60

/** What is wrong with a change, field by field; nothing where it can be applied to what there is. */
export function faultsOfChange(
  change: JsonObject,
  present: AbTestWishes,
  model: ModelStatus | undefined
): DefinitionFault[] {
  const faults: DefinitionFault[] = []
  const refuse = (place: (string | number)[], message: string): void => void faults.push({ place, message })
  for (const name of Object.keys(change)) if (!isField(name)) refuse([name], unknown(name))
  const { enabled, split_ratio: ratio, strategy, weights, models } = givenIn(change)
  if (enabled !== undefined && typeof enabled !== 'boolean') {
    refuse(['enabled'], `must be true or false, got ${shown(enabled)}`)
  }
  if (ratio !== undefined && !(typeof ratio === 'number' && ratio >= 0 && ratio <= 1)) {
    refuse(['split_ratio'], `must be a number from 0 to 1, got ${shown(ratio)}`)
  }
  if (strategy !== undefined && !abTestStrategies.some(one => one === strategy)) {
    refuse(['strategy'], `must be one of ${abTestStrategies.join(', ')}, got ${shown(strategy)}`)
  }
  if (weights !== undefined && !abTestWeights.some(one => one === weights)) {
    refuse(['weights'], `must be one of ${abTestWeights.join(', ')}, got ${shown(weights)}`)
  } else if (weights !== undefined && weights !== 'fixed' && (strategy ?? present.strategy) !== 'weighted') {
    refuse(
      ['weights'],
      `goes with the strategy weighted, got ${shown(weights)} with ${shown(strategy ?? present.strategy)}`
    )
  }
  faults.push(...faultsOfModels(models, present.models, model))
  return faults
}

function unknown(name: string): string {
  const meant = nearest(name.slice(0, longestShown), fields)
  return `unknown field${meant === undefined ? '' : `; did you mean ${meant}?`}`
}

function faultsOfModels(given: unknown, present: readonly string[], model: ModelStatus | undefined): DefinitionFault[] {
  const place = ['models']
  if (given !== undefined && !Array.isArray(given)) {
    return [{ place, message: `must be a list of versions, got ${shown(given)}` }]
  }
  const models: readonly unknown[] = given ?? present
  if (models.length < 2 || models.length > mostModels) {
    return [{ place, message: `must be 2 to ${mostModels} versions, got ${models.length}` }]
  }
  return models.flatMap((version, index) => {
    const fault = faultOfVersion(version, models.slice(0, index), model)
    return fault === undefined ? [] : [{ place: [...place, index], message: fault }]
  })
}

function faultOfVersion(
  version: unknown,
  before: readonly unknown[],
  model: ModelStatus | undefined
): string | undefined {
  if (typeof version !== 'string') return `must be the name of a version, got ${shown(version)}`
  if (before.includes(version)) return `must be another version, got ${shown(version)} twice`
  return missingVersion(version, model)
}

/** Why a version cannot take part; undefined for one that can. */
export function missingVersion(version: string, model: ModelStatus | undefined): string | undefined {
  if (model === undefined) return 'there is no model that takes a list of features'
  const found = model.versions.find(status => status.version === version)
  if (found?.isServed === true) return undefined
  if (found !== undefined) return `version ${shown(version)} of ${model.name} is not served: ${found.reason}`
  const known = model.versions.map(status => status.version).join(', ')
  return `${model.name} has no version ${shown(version)}; it has ${known}`
}

function isField(name: string): name is (typeof fields)[number] {
  return fields.some(field => field === name)
}

function givenIn(change: JsonObject): Partial<Record<(typeof fields)[number], unknown>> {
  return Object.fromEntries(Object.entries(change).filter(([name]) => isField(name)))
}

/** What is wished for after a change without faults. */
export function changed(present: AbTestWishes, change: JsonObject): AbTestWishes {
  const wishes = { ...present, ...(change as Partial<AbTestWishes>) }
  const isWeighted = wishes.strategy === 'weighted'
  // As documented, weighted is by accuracy unless somebody asks for something else.
  const standard = isWeighted && present.strategy !== 'weighted' ? 'accuracy' : present.weights
  return { ...wishes, weights: isWeighted ? ((change['weights'] as AbTestWeights | undefined) ?? standard) : 'fixed' }
}

/** Shares of versions: the first has the ratio, and the others the rest in equal parts. */
export function sharesOf({ split_ratio: ratio, models }: AbTestConfig): number[] {
  return models.map((_, index) => (index === 0 ? ratio : (1 - ratio) / (models.length - 1)))
}

/** The ratio is told here too: weights by accuracy leave no other place for it. */
function descriptionOf({ split_ratio: ratio }: AbTestConfig): string {
  return `A/B test of POST /predict with a list of features; split_ratio ${ratio}`
}

/** What {@link draftOf} makes a draft for. */
export interface AbTestOccasion {
  /** Name of the model that answers lists of features. */
  readonly model: string
  /** Whether others on the same model decide first: nobody asked for what only the settings say. */
  readonly yields: boolean
  /** What it is at present, of which that stays which cannot be configured here. */
  readonly present: ExperimentDefinition | undefined
}

/** The experiment that does what is wished for. */
export function draftOf(wishes: AbTestWishes, { model, yields, present }: AbTestOccasion): ExperimentDraft {
  const { models, strategy, weights } = wishes
  const shares = sharesOf(wishes)
  return {
    ...standard,
    ...(present !== undefined && staying(present, wishes)),
    id: abTestId,
    model,
    description: descriptionOf(wishes),
    entry: 'predict',
    strategy,
    yields,
    weighting: weights,
    arms: models.map((version, index) => ({
      name: version,
      version,
      ...(weights !== 'accuracy' && { weight: shares[index] })
    })),
    control: models[0]
  }
}

const standard = {
  metrics: [
    { name: 'conversion', kind: 'conversion', goal: 'increase' },
    { name: 'value', kind: 'mean', goal: 'increase' },
    { name: 'accuracy', kind: 'accuracy', goal: 'increase' }
  ],
  primary: 'conversion'
}

/** What was changed by way of `/experiments`, as far as it goes with what is wished for. */
function staying(present: ExperimentDefinition, { models, strategy, weights }: AbTestWishes): object {
  const { coverage, seed, onFailure, alpha, metrics, primary, bandit, isSticky, missingUnit } = present
  const isSame = strategy === present.strategy && weights === present.weighting
  return {
    coverage,
    seed,
    onFailure,
    alpha,
    metrics,
    primary,
    overrides: Object.fromEntries(Object.entries(present.overrides).filter(([, arm]) => models.includes(arm))),
    bandit: { ...bandit, floor: Math.min(bandit.floor, 1 / models.length) },
    ...(isSame && { isSticky, missingUnit })
  }
}

/** What was wished for, told from the experiment. The first model is control: the engine keeps arms in an order of its own. */
export function wishesOf({ definition, state }: ExperimentView): AbTestWishes {
  const { arms, control, strategy, weighting, description } = definition
  const first = arms.find(({ name }) => name === control)!
  const told = /; split_ratio ([\d.e-]+)$/.exec(description)?.[1]
  return {
    enabled: state === 'running',
    split_ratio: weighting === 'accuracy' && told !== undefined ? Number(told) : first.weight,
    models: [first, ...arms.filter(arm => arm !== first)].map(({ version }) => version),
    strategy,
    weights: weighting
  }
}

/** The documented part of it, in the documented order. */
export function configOf({ enabled, split_ratio, models, strategy }: AbTestWishes): AbTestConfig {
  return { enabled, split_ratio, models, strategy }
}

function shown(value: unknown): string {
  const text = isObject(value) ? 'an object' : (JSON.stringify(value) ?? 'nothing')
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text
}
