import { mostArms } from './allocation.ts'
import {
  type Arm,
  type Bandit,
  type ExperimentDefinition,
  type Metric,
  type Strategy,
  strategies,
  type Weighting,
  weightings
} from './experiment.ts'
import type { DefinitionFault } from './experiments.ts'
import { DraftFields, shown } from './shadow/draft-fields.ts'

/** What is measured where nobody says what: every kind of feedback that there is. */
export const standardMetrics: readonly Metric[] = [
  { name: 'conversion', kind: 'conversion', goal: 'increase' },
  { name: 'value', kind: 'mean', goal: 'increase' },
  { name: 'accuracy', kind: 'accuracy', goal: 'increase' },
  { name: 'error', kind: 'error', goal: 'decrease' }
]

const metricKinds = ['conversion', 'mean', 'ratio', 'accuracy', 'error'] as const
const goals = ['increase', 'decrease'] as const
const longestName = 64
const longestUnit = 256
const longestDescription = 2000
const mostMetrics = 50
const mostOverrides = 10_000
/** How far from 1 weights may sum, for those that cannot be written in few digits: 0.333333 three times is right. */
const sumTolerance = 1.000_001e-6

/** Names of all that a definition has. */
export const definitionFields = [
  'id',
  'description',
  'model',
  'alias',
  'entry',
  'strategy',
  'weighting',
  'arms',
  'control',
  'coverage',
  'seed',
  'isSticky',
  'yields',
  'missingUnit',
  'onFailure',
  'overrides',
  'metrics',
  'primary',
  'alpha',
  'bandit'
] as const satisfies readonly (keyof ExperimentDefinition)[]

/** A definition as far as it can be understood, with all that is wrong with it; good only without faults. */
export interface ReadDefinition {
  readonly definition: ExperimentDefinition
  readonly faults: DefinitionFault[]
}

/**
 * Read what somebody wants an experiment to be, with the defaults for what was not said. Whether there are such models and
 * versions is for `armFaults`. Never throws.
 */
export function readDefinition(draft: unknown): ReadDefinition {
  if (!isObject(draft)) {
    const { definition } = readDefinition({})
    return { definition, faults: [{ place: [], message: `must be an object, got ${shown(draft)}` }] }
  }
  return new Reader(draft).read()
}

/** Reads the parts of a draft in the order in which they depend on each other. */
class Reader {
  readonly #fields: DraftFields
  readonly #draft: Readonly<Record<string, unknown>>

  constructor(draft: Readonly<Record<string, unknown>>) {
    this.#draft = draft
    this.#fields = new DraftFields(draft, definitionFields)
  }

  read(): ReadDefinition {
    const fields = this.#fields
    const id = fields.given('id') === undefined ? fields.text('id') : fields.id('id', '')
    const model = fields.text('model')
    const strategy = choice(fields, 'strategy', strategies, 'hash-based')
    const { arms, weighted } = this.#arms(model)
    const weighting = this.#weighting(strategy, weighted)
    const control = this.#nameAmong('control', arms, arms[0]?.name ?? '')
    const metrics = this.#metrics()
    const primary = this.#nameAmong('primary', metrics, this.#standardPrimary(metrics, weighting))
    const definition: ExperimentDefinition = {
      id,
      description: this.#text('description', '', longestDescription),
      model,
      alias: this.#text('alias', 'default', longestName),
      entry: choice(fields, 'entry', ['all', 'predict'], 'all'),
      strategy,
      weighting,
      arms,
      control,
      coverage: fields.number('coverage', { least: 0, most: 1, fallback: 1 }),
      seed: this.#text('seed', id === '' ? '-' : id, longestUnit),
      isSticky: this.#isSticky(strategy, weighting),
      yields: fields.boolean('yields', false),
      missingUnit: this.#missingUnit(strategy),
      onFailure: choice(fields, 'onFailure', ['fail', 'control'], 'control'),
      overrides: this.#overrides(arms),
      metrics,
      primary,
      alpha: fields.number('alpha', { least: 1e-6, most: 0.5, fallback: 0.05 }),
      bandit: this.#bandit(metrics, primary, arms.length)
    }
    return { definition, faults: fields.faults }
  }

  #text(key: string, fallback: string, longest: number): string {
    if (fallback === '' && this.#draft[key] === '') return ''
    const value = this.#fields.given(key)
    if (value === undefined) return fallback
    if (typeof value === 'string' && value !== '' && value.length <= longest) return value
    this.#fields.refuse([key], `must be a text of 1 to ${longest} characters, got ${shown(value)}`)
    return fallback
  }

  #arms(model: string): { arms: Arm[]; weighted: number } {
    const given = this.#fields.given('arms')
    const isList = Array.isArray(given) && given.length >= 2 && given.length <= mostArms
    if (!isList) this.#fields.refuse(['arms'], `must be a list of 2 to ${mostArms} arms, got ${listed(given)}`)
    const drafts: readonly unknown[] = Array.isArray(given) ? given.slice(0, mostArms) : []
    const read = drafts.map((draft, index) => this.#arm(draft, index, model))
    const arms = this.#distinct(
      read.map(({ arm }) => arm),
      'arms'
    )
    const weights = read.flatMap(({ weight }) => weight ?? [])
    const equal = 1 / arms.length
    this.#checkWeights(weights, arms.length)
    const isWhole = weights.length === arms.length
    return {
      arms: arms.map((arm, index) => ({ ...arm, weight: isWhole ? weights[index]! : equal })),
      weighted: weights.length
    }
  }

  #arm(draft: unknown, index: number, model: string): { arm: Arm; weight: number | undefined } {
    const { faults } = this.#fields
    const place = ['arms', index]
    if (!isObject(draft)) faults.push({ place, message: `${place.join('.')} must be an object, got ${shown(draft)}` })
    const fields = new DraftFields(isObject(draft) ? draft : { version: '-' }, ['name', 'model', 'version', 'weight'], {
      place,
      faults
    })
    const version = fields.text('version')
    const name = fields.text('name', version === '' ? '-' : version)
    if (name.length > longestName) fields.refuse(['name'], `must have at most ${longestName} characters`)
    const hasWeight = fields.given('weight') !== undefined
    const weight = hasWeight ? fields.number('weight', { least: 0, most: 1, fallback: 0 }) : undefined
    return { arm: { name, model: fields.text('model', model === '' ? '-' : model), version, weight: 0 }, weight }
  }

  #checkWeights(weights: readonly number[], arms: number): void {
    if (weights.length === 0) return
    if (weights.length < arms) this.#fields.refuse(['arms'], `must all have a weight, or none: ${weights.length} have`)
    const sum = weights.reduce((total, weight) => total + weight, 0)
    const isOne = Math.abs(sum - 1) <= sumTolerance
    if (weights.length === arms && !isOne) this.#fields.refuse(['arms'], `must have weights that sum to 1, got ${sum}`)
  }

  #weighting(strategy: Strategy, weighted: number): Weighting {
    const fields = this.#fields
    const standard = strategy === 'weighted' && weighted === 0 ? 'accuracy' : 'fixed'
    const weighting = choice(fields, 'weighting', weightings, standard)
    if (strategy !== 'weighted' && weighting !== 'fixed') {
      fields.refuse(['weighting'], `must be fixed for the strategy ${strategy}, got ${weighting}`)
    }
    if (weighting === 'accuracy' && weighted > 0) {
      fields.refuse(['arms'], 'must have no weights: they follow the accuracy of the versions')
    }
    return weighting
  }

  #isSticky(strategy: Strategy, weighting: Weighting): boolean {
    const isSticky = this.#fields.boolean('isSticky', weighting === 'thompson')
    if (isSticky && strategy === 'random') this.#fields.refuse(['isSticky'], 'must be false for the strategy random')
    if (!isSticky && weighting === 'thompson') this.#fields.refuse(['isSticky'], 'must be true for thompson')
    return isSticky
  }

  #missingUnit(strategy: Strategy): ExperimentDefinition['missingUnit'] {
    const what = choice(this.#fields, 'missingUnit', ['random', 'skip', 'refuse'], 'random')
    if (strategy === 'random' && what !== 'random') {
      this.#fields.refuse(
        ['missingUnit'],
        `must be random for the strategy random, which asks for no unit, got ${what}`
      )
    }
    return what
  }

  #overrides(arms: readonly Arm[]): Record<string, string> {
    const given = this.#fields.given('overrides') ?? {}
    const units = isObject(given) ? Object.entries(given) : []
    if (!isObject(given)) this.#fields.refuse(['overrides'], `must be an object, got ${shown(given)}`)
    if (units.length > mostOverrides) {
      this.#fields.refuse(['overrides'], `must be at most ${mostOverrides}, got ${units.length}`)
      return {}
    }
    const names = new Set<unknown>(arms.map(({ name }) => name))
    for (const [unit, name] of units) {
      if (unit === '' || unit.length > longestUnit) {
        this.#fields.refuse(['overrides', unit], `must be a unit of 1 to ${longestUnit} characters`)
      } else if (!names.has(name)) {
        this.#fields.refuse(['overrides', unit], `must be the name of an arm, got ${shown(name)}`)
      }
    }
    // Made of entries, so that `__proto__` is a unit like any other.
    return Object.fromEntries(units) as Record<string, string>
  }

  #metrics(): readonly Metric[] {
    const given = this.#fields.given('metrics')
    if (given === undefined) return standardMetrics
    const isList = Array.isArray(given) && given.length >= 1 && given.length <= mostMetrics
    if (!isList) this.#fields.refuse(['metrics'], `must be a list of 1 to ${mostMetrics} metrics, got ${listed(given)}`)
    const drafts: readonly unknown[] = Array.isArray(given) ? given.slice(0, mostMetrics) : []
    return this.#distinct(
      drafts.map((draft, index) => this.#metric(draft, index)),
      'metrics'
    )
  }

  #metric(draft: unknown, index: number): Metric {
    const { faults } = this.#fields
    const place = ['metrics', index]
    if (!isObject(draft)) faults.push({ place, message: `${place.join('.')} must be an object, got ${shown(draft)}` })
    const fields = new DraftFields(isObject(draft) ? draft : { name: '-' }, ['name', 'kind', 'goal'], { place, faults })
    const name = fields.text('name')
    if (name !== '' && !/^[a-zA-Z0-9_.-]{1,64}$/.test(name)) {
      fields.refuse(['name'], `must be 1 to ${longestName} letters, digits, _, - and ., got ${shown(name)}`)
    }
    const known = standardMetrics.find(metric => metric.name === name)
    const kind = choice(fields, 'kind', metricKinds, known?.kind ?? 'mean')
    return { name, kind, goal: choice(fields, 'goal', goals, kind === 'error' ? 'decrease' : 'increase') }
  }

  /** What weights follow decides as well. */
  #standardPrimary(metrics: readonly Metric[], weighting: Weighting): string {
    const bandit = this.#fields.given('bandit')
    const reward = weighting === 'thompson' && isObject(bandit) ? bandit['metric'] : undefined
    const found = [reward, 'conversion'].map(wanted => metrics.find(({ name }) => name === wanted))
    return (found[0] ?? found[1] ?? metrics[0])?.name ?? ''
  }

  #bandit(metrics: readonly Metric[], primary: string, arms: number): Bandit {
    const given = this.#fields.given('bandit') ?? {}
    if (!isObject(given)) this.#fields.refuse(['bandit'], `must be an object, got ${shown(given)}`)
    const { faults } = this.#fields
    const draft = isObject(given) ? given : {}
    const fields = new DraftFields(draft, ['metric', 'floor', 'minUnits', 'intervalSeconds'], {
      place: ['bandit'],
      faults
    })
    const metric = fields.text('metric', primary === '' ? '-' : primary)
    if (fields.given('metric') !== undefined && !metrics.some(({ name }) => name === metric)) {
      fields.refuse(['metric'], `must be the name of a metric, got ${shown(metric)}`)
    }
    return {
      metric,
      floor: fields.number('floor', { least: 0, most: 1 / Math.max(2, arms), fallback: 0.01 }),
      minUnits: fields.number('minUnits', { least: 1, most: 1e9, fallback: 100, isWhole: true }),
      intervalSeconds: fields.number('intervalSeconds', { least: 0.1, most: 86_400, fallback: 10 })
    }
  }

  #nameAmong(key: string, things: readonly { name: string }[], standard: string): string {
    const name = this.#fields.given(key) ?? standard
    if (typeof name === 'string' && (name === standard || things.some(thing => thing.name === name))) return name
    const names = things.map(thing => thing.name).join(', ')
    this.#fields.refuse([key], `must be one of ${names}, got ${shown(name)}`)
    return standard
  }

  #distinct<Thing extends { name: string }>(things: readonly Thing[], key: string): readonly Thing[] {
    for (const [index, { name }] of things.entries()) {
      const isTaken = name !== '' && things.findIndex(thing => thing.name === name) < index
      if (isTaken) this.#fields.refuse([key, index, 'name'], `must be unique, got ${shown(name)} twice`)
    }
    return things
  }
}

function choice<Choice extends string>(
  fields: DraftFields,
  key: string,
  choices: readonly Choice[],
  fallback: Choice
): Choice {
  const value = fields.given(key) ?? fallback
  const found = choices.find(one => one === value)
  if (found === undefined) fields.refuse([key], `must be one of ${choices.join(', ')}, got ${shown(value)}`)
  return found ?? fallback
}

function listed(value: unknown): string {
  return Array.isArray(value) ? String(value.length) : value === undefined ? 'nothing' : shown(value)
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
