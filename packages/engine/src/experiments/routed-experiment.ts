import { MillraceError } from '@millrace/common'
import type { Decision, InferRequest, ModelServer, Route, RouteReason } from '../serving/model-server.ts'
import { commonTo, noArm, sharesOf, tableOf } from './allocation.ts'
import { type ArmOutlet, OutletRoute } from './arm-outlet.ts'
import { type Arm, bucketCount, type ExperimentRecord } from './experiment.ts'
import { bucketOf, fnv1a } from './growthbook-hash.ts'
import type { ExperimentLedger } from './ledger/ledger.ts'

/** Who can say whether a version would answer. */
export type Readiness = Pick<ModelServer, 'isReady'>

/** What a {@link RoutedExperiment} is given. */
export interface RoutedDeps {
  readonly ledger: ExperimentLedger
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Undefined until the models are there: then all are taken for ready. */
  readonly models: () => Readiness | undefined
}

/** What an experiment says of a request. Null: the request is its own, and nobody who could answer is ready. */
export type Verdict = Decision | null | undefined

/** What is decided for an arm, and what where it is not ready. */
interface Choice {
  readonly decision: Decision
  readonly standIn: Decision | undefined
}

/** An experiment or canary as requests meet it: all that can be decided was made before, so that a decision is a look-up. */
export class RoutedExperiment {
  readonly record: ExperimentRecord
  readonly hasOverrides: boolean
  readonly isSticky: boolean
  readonly #deps: RoutedDeps
  readonly #isForAll: boolean
  readonly #isDrawn: boolean
  readonly #table: Uint8Array
  /** The same for buckets whose units need not be looked up. */
  readonly #settled: Uint8Array
  readonly #seedState: number
  readonly #overrides: ReadonlyMap<string, number>
  readonly #control: number
  /** By the index of the arm. */
  readonly #overridden: readonly Choice[]
  readonly #kept: readonly Choice[]
  readonly #assigned: readonly Choice[]
  readonly #drawn: readonly Choice[]

  constructor(record: ExperimentRecord, deps: RoutedDeps) {
    const { definition, allocation, settled = [], canary } = record
    const { arms, overrides, strategy, entry, control, seed } = definition
    this.record = record
    this.#deps = deps
    this.#isForAll = entry === 'all'
    this.#isDrawn = strategy === 'random'
    this.#table = tableOf(allocation)
    // A program that does not know what is settled may have moved buckets.
    this.#settled = tableOf(commonTo(settled, allocation))
    this.#seedState = fnv1a(seed)
    const indices = new Map(arms.map(({ name }, index) => [name, index]))
    this.#overrides = new Map(Object.entries(overrides).map(([unit, name]) => [unit, indices.get(name) ?? noArm]))
    this.#control = indices.get(control) ?? 0
    this.hasOverrides = this.#overrides.size > 0
    this.isSticky = definition.isSticky && !this.#isDrawn
    const reason = canary === undefined ? 'experiment' : 'canary'
    const shares = sharesOf(allocation, arms.length)
    this.#overridden = this.#choices({ reason: 'override', isSticky: true })
    this.#kept = this.#choices({ reason: 'sticky', isSticky: true })
    this.#assigned = this.#choices({ reason, isSticky: true, shares })
    this.#drawn = this.#choices({ reason, isSticky: false, shares })
  }

  /** Whether requests that came in this way can take part. */
  takes(request: InferRequest): boolean {
    return this.#isForAll || request.entry === 'predict'
  }

  /** For a unit that is on the list. */
  overridden({ unit }: InferRequest): Verdict {
    const arm = unit === undefined ? undefined : this.#overrides.get(unit.id)
    return arm === undefined ? undefined : this.#ready(this.#overridden, arm)
  }

  /** For a unit that an arm served before. */
  kept({ unit }: InferRequest): Verdict {
    const arm = unit?.isGiven === true ? this.#deps.ledger.armOf(unit.id) : undefined
    return arm === undefined ? undefined : this.#stays(arm, bucketOf(this.#seedState, unit!.id))
  }

  /**
   * For a unit by its bucket, or a request by chance.
   * @throws {MillraceError} MILL_UNIT_REQUIRED
   */
  assigned({ unit }: InferRequest): Verdict {
    if (this.#isDrawn) return this.#draw()
    if (unit?.isGiven !== true) return this.#withoutUnit()
    return this.#inBucket(bucketOf(this.#seedState, unit.id))
  }

  /**
   * `kept`, and else `assigned`, where nothing else decides about the request: a unit is looked up only where its bucket
   * had another arm before. A look into a million units takes longer than all else that a decision does.
   * @throws {MillraceError} MILL_UNIT_REQUIRED
   */
  keptOrAssigned(request: InferRequest): Verdict {
    const { unit } = request
    if (unit?.isGiven !== true || this.#isDrawn) return this.assigned(request)
    const bucket = bucketOf(this.#seedState, unit.id)
    const arm = this.isSticky && this.#settled[bucket] === noArm ? this.#deps.ledger.armOf(unit.id) : undefined
    return arm === undefined ? this.#inBucket(bucket) : this.#stays(arm, bucket)
  }

  /** The arm that served a unit before, which may have its bucket still. */
  #stays(arm: number, bucket: number): Verdict {
    return this.#ready(this.#table[bucket] === arm ? this.#assigned : this.#kept, arm)
  }

  #inBucket(bucket: number): Verdict {
    const arm = this.#table[bucket]!
    return arm === noArm ? undefined : this.#ready(this.#assigned, arm)
  }

  #withoutUnit(): Verdict {
    const { missingUnit, id } = this.record.definition
    if (missingUnit === 'random') return this.#draw()
    if (missingUnit === 'skip') return undefined
    const message = `experiment ${id} takes requests only that say which unit asks: send unit_id, or the header for it`
    throw new MillraceError('MILL_UNIT_REQUIRED', message, { details: { experiment: id } })
  }

  #draw(): Verdict {
    const arm = this.#table[Math.floor(this.#deps.random() * bucketCount)]!
    return arm === noArm ? undefined : this.#ready(this.#drawn, arm)
  }

  /** Control stands in for an arm that would not answer. */
  #ready(choices: readonly Choice[], arm: number): Verdict {
    const choice = choices[arm]
    const models = this.#deps.models()
    if (choice === undefined || models === undefined || isReady(models, choice.decision.route)) return choice?.decision
    const { standIn } = choice
    return standIn !== undefined && isReady(models, standIn.route) ? standIn : null
  }

  #choices(how: { reason: RouteReason; isSticky: boolean; shares?: readonly number[] }): Choice[] {
    const { arms, onFailure } = this.record.definition
    return arms.map((arm, index) => {
      const probability = how.shares?.[index] ?? 1
      const outlet = this.#outlet(index, how.reason, false)
      const route = this.#route(arm, arm, { ...how, probability }, outlet)
      if (index === this.#control) return { decision: { route }, standIn: undefined }
      const instead = { ...how, probability, reason: 'fallback' } as const
      const fallback = this.#route(arm, arms[this.#control]!, instead, this.#outlet(index, how.reason, true))
      const decision = { route, madeFor: fallback, fallback: onFailure === 'control' ? fallback : undefined }
      return { decision, standIn: { route: fallback } }
    })
  }

  #outlet(arm: number, reason: RouteReason, isFallback: boolean): ArmOutlet {
    const isOverride = reason === 'override'
    return { ledger: this.#deps.ledger, arm, isOverride, isFallback, isDrawn: this.#isDrawn }
  }

  #route(
    { name }: Arm,
    { model, version }: Arm,
    { reason, isSticky, probability }: { reason: RouteReason; isSticky: boolean; probability: number },
    outlet: ArmOutlet
  ): OutletRoute {
    const { id, alias } = this.record.definition
    const assignment = { experiment: id, arm: name, probability, isSticky }
    return new OutletRoute({ model, version, reason, alias, assignment }, outlet)
  }
}

function isReady(models: Readiness, { model, version }: Route): boolean {
  return models.isReady(model, version)
}
