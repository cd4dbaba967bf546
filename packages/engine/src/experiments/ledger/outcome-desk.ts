import { MillraceError } from '@millrace/common'
import type { LedgerState } from './ledger-state.ts'
import type { Outcome, OutcomeReceipt } from './ledger.ts'
import type { LiveExperiment } from './live-experiment.ts'
import { type HashPair, noHash, type OutcomeFact, type Said } from './outcome-fact.ts'
import type { KnownRequests } from './request-window.ts'
import { saidOf, scored, toldOf } from './said.ts'
import { TextHash } from './text-hash.ts'

/** What takes in outcomes. */
export interface OutcomeHouse {
  readonly state: LedgerState
  readonly requests: KnownRequests
  readonly live: ReadonlyMap<string, LiveExperiment>
  readonly now: () => number
  /** Keep a fact and count it; resolves when it is durable and counted. @throws {MillraceError} MILL_STORE_FAILED */
  keep(fact: OutcomeFact): Promise<void>
}

/** Takes in outcomes, each id once. */
export class OutcomeDesk {
  readonly #house: OutcomeHouse
  readonly #hash = new TextHash()
  /** Ids that are being kept. */
  readonly #underWay = new Map<string, Promise<void>>()

  constructor(house: OutcomeHouse) {
    this.#house = house
  }

  /** See Ledger.outcome. */
  async take(outcome: Outcome): Promise<readonly OutcomeReceipt[]> {
    for (const experiment of this.#house.live.values()) experiment.settle()
    const name = `${outcome.metric}\n${outcome.id}`
    // What is under the same id has to be known before this can be compared with it.
    for (let other = this.#underWay.get(name); other !== undefined; other = this.#underWay.get(name)) await other
    const work = this.#keep(outcome, name)
    const settled = work.then(
      () => undefined,
      () => undefined
    )
    this.#underWay.set(name, settled)
    try {
      return await work
    } finally {
      if (this.#underWay.get(name) === settled) this.#underWay.delete(name)
    }
  }

  async #keep(outcome: Outcome, name: string): Promise<readonly OutcomeReceipt[]> {
    const targets = this.#targets(outcome)
    if (targets.length === 0) return []
    const fact = this.#fact(outcome, this.#pair(name), targets)
    if (this.#isIdle(fact)) return []
    const repeats = new Set(targets.filter(target => this.#isRepeat(target, outcome, fact)))
    if (!this.#isWaiting(fact, outcome) && this.#isNews(fact, targets)) await this.#house.keep(fact)
    else for (const target of repeats) target.repeated()
    return targets.flatMap(target => this.#receipt(target, fact, repeats.has(target)))
  }

  /** Experiments here that measure it. */
  #targets({ experiment, metric, value }: Outcome): LiveExperiment[] {
    const named = experiment === undefined ? [...this.#house.live.values()] : [this.#house.live.get(experiment)]
    return named.filter(one => {
      const kind = one?.metrics.get(metric)
      return kind !== undefined && (kind === 'accuracy' || kind === 'error') === (typeof value !== 'number')
    }) as LiveExperiment[]
  }

  /** The outcome as it is kept: for all who know the unit, for those who served the request, or for whoever finds it. */
  #fact(outcome: Outcome, id: HashPair, targets: readonly LiveExperiment[]): OutcomeFact {
    const unit = outcome.unit === undefined ? noHash : this.#pair(outcome.unit)
    // A unit that is named alone may be one that cannot come back: its id is that of its request.
    const request = this.#pair(outcome.requestId ?? outcome.unit!)
    const { experiment, metric, value } = outcome
    const isLabel = typeof value !== 'number'
    const fact: OutcomeFact = {
      experiment,
      metric,
      id,
      unit,
      request,
      passingArm: -1,
      value: isLabel ? 0 : value,
      label: isLabel ? saidOf(value.label, this.#hash) : undefined,
      told: toldOf(value, this.#hash),
      time: this.#house.now()
    }
    if (isLabel) {
      // A unit that is named alone may be that of one request, as where its id is the request's.
      const asked =
        outcome.requestId === undefined ? { ...fact, unit: noHash, request: unit } : { ...fact, unit: noHash }
      return this.#found(asked, targets) ?? asked
    }
    return this.#isKnownUnit(unit, targets) ? fact : (this.#found(fact, targets) ?? fact)
  }

  /** Whether nobody has a use for a label: the experiment that served the request makes nothing of it. */
  #isIdle(fact: OutcomeFact): boolean {
    if (fact.label === undefined) return false
    const { requests, live, now } = this.#house
    const request = requests.find(fact.request, now())
    return request !== undefined && live.has(request.experiment)
  }

  #isKnownUnit(unit: HashPair, targets: readonly LiveExperiment[]): boolean {
    const { experiments } = this.#house.state
    return (
      unit.first !== 0 && targets.some(({ id }) => (experiments.get(id)?.armOf(unit.first, unit.second) ?? -1) >= 0)
    )
  }

  /** The fact with the unit of the request, for the experiment that served it. */
  #found(fact: OutcomeFact, targets: readonly LiveExperiment[]): OutcomeFact | undefined {
    const kinds = (id: string): string | undefined => targets.find(one => one.id === id)?.metrics.get(fact.metric)
    return foundRequest(fact, this.#house.requests, kinds, this.#house.now())
  }

  /** @throws {MillraceError} MILL_ID_CONFLICT when something else was told under the id */
  #isRepeat(target: LiveExperiment, outcome: Outcome, fact: OutcomeFact): boolean {
    const known = this.#house.state.experiments.get(target.id)?.remembered(fact)
    if (known?.isSame === false) throw conflict(outcome, target.id)
    return known !== undefined
  }

  /** Whether it waits already for somebody who knows the unit. @throws {MillraceError} MILL_ID_CONFLICT */
  #isWaiting(fact: OutcomeFact, outcome: Outcome): boolean {
    const { waiting } = this.#house.state
    for (const scope of new Set([fact.experiment, outcome.experiment])) {
      const twin = waiting.get(scope, fact.id)
      if (twin === undefined) continue
      if (!twin.facts.every(other => isSameTold(other, fact))) throw conflict(outcome, outcome.experiment)
      if (!twin.isKnown && twin.facts.some(({ unit }) => unit.first === fact.unit.first)) return true
    }
    return false
  }

  /** Whether some experiment that it belongs to does not count it yet, or nobody knows it. */
  #isNews(fact: OutcomeFact, targets: readonly LiveExperiment[]): boolean {
    const { experiments } = this.#house.state
    const concerned = targets.filter(({ id }) => {
      if (fact.experiment !== undefined && fact.experiment !== id) return false
      const state = experiments.get(id)
      return state !== undefined && (state.remembered(fact) !== undefined || this.#concerns(fact, id))
    })
    return concerned.length === 0 || concerned.some(({ id }) => experiments.get(id)!.remembered(fact) === undefined)
  }

  #concerns({ unit, request, passingArm }: OutcomeFact, id: string): boolean {
    const state = this.#house.state.experiments.get(id)!
    if (passingArm >= 0 || state.armOf(unit.first, unit.second) >= 0) return true
    return request.first !== 0 && state.unit(request.first, request.second)?.isOwnRequest === true
  }

  #receipt(target: LiveExperiment, fact: OutcomeFact, isRepeat: boolean): OutcomeReceipt[] {
    const known = this.#house.state.experiments.get(target.id)?.remembered(fact)
    if (known === undefined) return []
    const { arm, value } = known
    const isConversion = target.metrics.get(fact.metric) === 'conversion'
    return [{ experiment: target.id, arm, isRepeat, value: isConversion ? Number(value > 0) : value }]
  }

  #pair(text: string): HashPair {
    const { first, second } = this.#hash.of(text)
    return { first, second }
  }
}

/**
 * What is told of a request that is known here, with its unit and, for a label, with what it makes of the prediction.
 * @param kindIn the kind of the metric in an experiment; undefined when it is not for that one
 * @returns undefined when the request is not known, or nothing can be made of the label
 */
export function foundRequest(
  fact: OutcomeFact,
  requests: KnownRequests,
  kindIn: (experiment: string) => string | undefined,
  now: number
): OutcomeFact | undefined {
  const request = fact.request.first === 0 ? undefined : requests.find(fact.request, now)
  if (request === undefined || (fact.experiment ?? request.experiment) !== request.experiment) return undefined
  const kind = kindIn(request.experiment)
  if (kind === undefined) return undefined
  const value = fact.label === undefined ? fact.value : labelled(kind, request.prediction, fact.label)
  if (value === undefined) return undefined
  const { experiment, unit, isPassing, arm } = request
  return { ...fact, experiment, unit, passingArm: isPassing ? arm : -1, value, label: undefined }
}

/** Whether two may be the same thing, told twice: of a request whose unit is not known, its unit says nothing. */
function isSameTold({ told, unit }: OutcomeFact, other: OutcomeFact): boolean {
  const isOfUnit = unit.first === 0 || other.unit.first === 0 || isSamePair(unit, other.unit)
  return told === other.told && isOfUnit
}

function isSamePair(one: HashPair, other: HashPair): boolean {
  return one.first === other.first && one.second === other.second
}

function labelled(kind: string, prediction: Said | undefined, label: Said): number | undefined {
  return prediction === undefined ? undefined : scored(kind, prediction, label)
}

function conflict({ metric, id }: Outcome, experiment: string | undefined): MillraceError {
  const shown = id.length > 60 ? `${id.slice(0, 60)}…` : id
  const message = `outcome ${shown} of metric ${metric} was told before with another value, or of another unit`
  return new MillraceError('MILL_ID_CONFLICT', message, { details: { metric, id, experiment } })
}
