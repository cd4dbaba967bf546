import type { ModelServer, ModelStatus } from '../../serving/model-server.ts'
import {
  bucketCount,
  type CanaryPlan,
  type CanaryStep,
  type ExperimentDefinition,
  type Guard,
  type Metric
} from '../experiment.ts'
import type { DefinitionFault } from '../experiments.ts'
import { readDefinition, standardMetrics } from '../read-definition.ts'
import { DraftFields, idOf, shown } from '../shadow/draft-fields.ts'
import { labelMetric } from '../single-prediction.ts'

const known = [
  'id',
  'model',
  'alias',
  'candidate',
  'steps',
  'guards',
  'metrics',
  'alpha',
  'intervalSeconds',
  'maxRequests'
] as const

/**
 * Shares of the steps unless others are given. The first is small, so that what is plainly broken meets few; half is where
 * a comparison needs the fewest requests, and control must have a part of them all the time to be compared with. Flagger's
 * examples end at half as well, before all traffic goes to what was promoted; those of Argo begin with 5 and 20 per cent.
 */
const standardShares = [0.05, 0.25, 0.5]

/** Requests and seconds of a step; Flagger looks once a minute and so stays as long. */
const [standardRequests, standardSeconds] = [100, 60]

/**
 * How much worse is let pass, relative to control. What is a fifth worse is to be found, and what is as good to be let
 * through: half way in between both take the fewest requests.
 */
const standardTolerance = 0.1

const [mostSteps, mostGuards] = [50, 20]
const leastShare = 1 / bucketCount
const greatestShare = 0.95

/** A plan as it is to be carried out, with all that is wrong with it; good only without faults. */
export interface ReadPlan {
  /** The id that is wanted; undefined for any that is free. */
  readonly id: string | undefined
  readonly plan: CanaryPlan
  readonly definition: ExperimentDefinition
  readonly faults: readonly DefinitionFault[]
}

/** Read how somebody wants a candidate to take over, with the defaults for what was not said. Never throws. */
export function readCanaryPlan(
  draft: Readonly<Record<string, unknown>>,
  models: Pick<ModelServer, 'models'>
): ReadPlan {
  const fields = new DraftFields(draft, known)
  const plan = readPlan(fields)
  const control = controlOf(fields, plan, models)
  const id = fields.given('id') === undefined ? undefined : fields.id('id', '-')
  const { definition, faults } = readDefinition(definitionDraft(id, plan, control, fields.given('metrics')))
  fields.faults.push(...faults.filter(({ place }) => place[0] === 'metrics'))
  const guards = readGuards(fields, definition, labelKind(models, plan.model, control))
  return { id, plan: { ...plan, guards }, definition, faults: fields.faults }
}

function readPlan(fields: DraftFields): CanaryPlan {
  return {
    model: fields.text('model'),
    alias: fields.text('alias', 'default'),
    candidate: fields.text('candidate'),
    steps: readSteps(fields),
    guards: [],
    alpha: fields.number('alpha', { least: 1e-6, most: 0.5, fallback: 0.05 }),
    intervalSeconds: fields.number('intervalSeconds', { least: 0.1, most: 3600, fallback: 1 }),
    maxRequests: fields.number('maxRequests', { least: 1, most: 1e12, fallback: 250_000, isWhole: true })
  }
}

/** What control and canary are to the router: an experiment with two arms, by the hash of the unit. */
function definitionDraft(
  id: string | undefined,
  { model, alias, candidate, steps, alpha }: CanaryPlan,
  control: string,
  metrics: unknown
): Record<string, unknown> {
  const share = steps[0]?.share ?? 0
  return {
    id: id ?? idOf(model, candidate),
    description: `lets ${candidate} take over the alias ${alias}`,
    model,
    alias,
    arms: [
      { name: 'control', version: control, weight: 1 - share },
      { name: 'canary', version: candidate, weight: share }
    ],
    control: 'control',
    metrics,
    alpha,
    isSticky: false,
    // Who meets a candidate that fails is answered by control all the same.
    onFailure: 'control'
  }
}

/** The version that the alias stands for, which the candidate is compared with. */
function controlOf(fields: DraftFields, plan: CanaryPlan, models: Pick<ModelServer, 'models'>): string {
  const { model: name, alias, candidate } = plan
  const model = models.models().find(one => one.name === name)
  if (name === '') return '-'
  if (model === undefined) {
    fields.refuse(['model'], `must be a model that is served, got ${shown(name)}`)
    return '-'
  }
  checkCandidate(fields, model, plan)
  const control = model.aliases.get(alias)
  const aliases = [...model.aliases.keys()].join(', ')
  if (control === undefined)
    fields.refuse(['alias'], `must be an alias of ${name}, one of ${aliases}, got ${shown(alias)}`)
  if (control !== undefined && control === candidate) {
    fields.refuse(['candidate'], `must be another version than ${candidate}, which ${alias} stands for already`)
  }
  return control ?? '-'
}

function checkCandidate(fields: DraftFields, { name, versions }: ModelStatus, { candidate }: CanaryPlan): void {
  if (candidate === '') return
  const found = versions.find(({ version }) => version === candidate)
  if (found === undefined) fields.refuse(['candidate'], `must be a version of ${name}, got ${shown(candidate)}`)
  else if (!found.isServed)
    fields.refuse(['candidate'], `must be served, but ${shown(candidate)} is not: ${found.reason}`)
}

function readSteps(fields: DraftFields): CanaryStep[] {
  const given = fields.given('steps') ?? standardShares
  if (!Array.isArray(given) || given.length === 0 || given.length > mostSteps) {
    fields.refuse(['steps'], `must be a list of 1 to ${mostSteps} shares or steps, got ${shown(given)}`)
    return []
  }
  const steps = given.map((step: unknown, index) => readStep(fields, step, index))
  steps.forEach(({ share }, index) => {
    const before = steps[index - 1]?.share ?? 0
    if (share <= before) fields.refuse(['steps', index], `must have a larger share than the step before, got ${share}`)
  })
  return steps
}

function readStep({ faults }: DraftFields, step: unknown, index: number): CanaryStep {
  const draft = typeof step === 'number' ? { share: step } : isObject(step) ? step : { share: step ?? null }
  const fields = new DraftFields(draft, ['share', 'minRequests', 'minSeconds'], { place: ['steps', index], faults })
  return {
    share: readShare(fields),
    minRequests: fields.number('minRequests', { least: 1, most: 1e12, fallback: standardRequests, isWhole: true }),
    minSeconds: fields.number('minSeconds', { least: 0, most: 1e9, fallback: standardSeconds })
  }
}

/** NaN where something is wrong with it, which is neither more nor less than the share of the step before. */
function readShare(fields: DraftFields): number {
  if (fields.given('share') !== undefined) {
    return fields.number('share', { least: leastShare, most: greatestShare, fallback: NaN })
  }
  fields.refuse(['share'], 'is missing')
  return NaN
}

/**
 * Failures and latency are always guarded unless others are named, and what may be told of quality as well.
 * @param ofLabels kind of the metric that says how good predictions are; undefined where that is not known
 */
function readGuards(
  fields: DraftFields,
  { metrics }: ExperimentDefinition,
  ofLabels: Metric['kind'] | undefined
): Guard[] {
  const isNamed = fields.given('metrics') !== undefined
  const ofQuality = metrics.filter(metric => isNamed || isQuality(metric.name, ofLabels))
  const standard = ['error_rate', 'latency', ...ofQuality.map(({ name }) => name)].map(measure => ({ measure }))
  const given = fields.given('guards') ?? standard
  if (!Array.isArray(given) || given.length === 0 || given.length > mostGuards) {
    fields.refuse(['guards'], `must be a list of 1 to ${mostGuards} guards, got ${shown(given)}`)
    return []
  }
  const measures = ['error_rate', 'latency', ...metrics.map(({ name }) => name)]
  const guards = given.map((guard: unknown, index) => readGuard(fields, guard, index, measures))
  guards.forEach(({ measure }, index) => {
    const isTwice = guards.findIndex(guard => guard.measure === measure) < index
    if (isTwice && measure !== '') fields.refuse(['guards', index], `must not guard ${measure} twice`)
  })
  return guards
}

/**
 * A mean of anything may be near 0, where nothing can be said relative to it; as the accuracy of numbers is, which are
 * hardly ever just right, and the error of classes, which is as small as they are good.
 */
function isQuality(name: string, ofLabels: Metric['kind'] | undefined): boolean {
  const kind = standardMetrics.find(metric => metric.name === name)?.kind
  if (kind === 'accuracy' || kind === 'error') return ofLabels === undefined || kind === ofLabels
  return kind === 'conversion'
}

/** By the version that the alias stands for, while it is in memory; learners predict numbers. */
function labelKind(
  models: Pick<ModelServer, 'models'>,
  name: string,
  version: string
): 'accuracy' | 'error' | undefined {
  const model = models.models().find(one => one.name === name)
  if (model?.kind === 'learner') return 'error'
  const served = model?.versions.find(one => one.version === version)?.served
  return served && labelMetric(served)
}

function readGuard({ faults }: DraftFields, guard: unknown, index: number, measures: readonly string[]): Guard {
  const place = ['guards', index]
  const draft = typeof guard === 'string' ? { measure: guard } : isObject(guard) ? guard : {}
  const fields = new DraftFields(draft, ['measure', 'tolerance', 'isRelative'], { place, faults })
  const measure = fields.text('measure')
  if (measure !== '' && !measures.includes(measure)) {
    fields.refuse(['measure'], `must be one of ${measures.join(', ')}, got ${shown(measure)}`)
  }
  const isRelative = fields.boolean('isRelative', measure === 'latency' || fields.given('tolerance') === undefined)
  if (measure === 'latency' && !isRelative) fields.refuse(['isRelative'], 'must be true for latency')
  if (fields.given('tolerance') === undefined && !isRelative) fields.refuse(['tolerance'], 'is missing')
  return {
    measure,
    tolerance: fields.number('tolerance', { least: 0, most: 1e100, fallback: standardTolerance }),
    isRelative
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
