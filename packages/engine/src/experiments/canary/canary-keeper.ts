import type { ControllerDeps } from '../experiment-deps.ts'
import { unknownExperiment } from '../experiment-errors.ts'
import type { CanaryView } from '../experiments.ts'
import { phaseLedger } from '../phase-ledger.ts'
import { type Distributions, loadDistributions } from '../statistics/distributions.ts'
import {
  asCanary,
  canaryArm,
  controlArm,
  ended,
  held,
  isOver,
  isUntouched,
  nextStep,
  phasesOf,
  type RecordOfCanary,
  withVerdict
} from './canary-record.ts'
import { aliasNow, type CanaryCounts, CanaryPromotion } from './canary-promotion.ts'
import { CandidateReadiness } from './candidate-readiness.ts'
import { type CanaryDecision, decideCanary } from './decide-canary.ts'
import { guardChecks } from './guard-checks.ts'
import type { StepTallies } from './guarded-steps.ts'
import { Looks } from './looks.ts'

/**
 * Looks after the canaries of a book, in every process: each decides by the same numbers, as far as it has heard of them,
 * and whoever is first changes the record; the others then see that there is nothing left to do.
 */
export class CanaryKeeper {
  readonly promotion: CanaryPromotion
  readonly #deps: ControllerDeps
  readonly #looks: Looks
  readonly #readiness = new CandidateReadiness()
  readonly #ends: readonly (() => void)[]
  #distributions: Distributions | undefined

  constructor(deps: ControllerDeps) {
    const { after, random, log, book, ledger } = deps
    this.#deps = deps
    this.#looks = new Looks({ after, random, log, look: id => this.look(id) })
    this.promotion = new CanaryPromotion(deps, {
      change: (id, change) => this.change(id, change),
      record: id => this.record(id),
      numbers: record => this.numbers(record)
    })
    this.#ends = [book.onChange(() => this.settle()), ledger.onChange(() => this.#looks.soon())]
    this.settle()
  }

  /** Look after what goes on, once there are models. */
  settle(): void {
    const canaries = this.all()
    if (canaries.length > 0) this.load().catch((error: unknown) => this.#warn(error))
    if (this.#deps.models() === undefined) return
    const going = canaries.filter(record => !isOver(record))
    this.#readiness.keepOnly(new Set(going.map(({ definition }) => definition.id)))
    const intervals = going.map(
      ({ definition, canary }) => [definition.id, canary.plan.intervalSeconds * 1000] as const
    )
    this.#looks.watch(new Map(intervals))
  }

  /** In the order of their ids. */
  all(): RecordOfCanary[] {
    const records = [...this.#deps.book.all.values()].flatMap(({ record }) => asCanary(record) ?? [])
    return records.toSorted((a, b) => (a.definition.id < b.definition.id ? -1 : 1))
  }

  /** What statistics need; nothing is computed before. */
  async load(): Promise<void> {
    this.#distributions ??= await loadDistributions()
  }

  /** @throws {MillraceError} MILL_EXPERIMENT_NOT_FOUND */
  record(id: string): RecordOfCanary {
    const kept = this.#deps.book.all.get(id)
    const record = kept && asCanary(kept.record)
    if (record === undefined) throw unknownExperiment(id)
    return record
  }

  /** @throws {MillraceError} MILL_EXPERIMENT_NOT_FOUND */
  view(id: string): CanaryView {
    const record = this.record(id)
    const numbers = (): CanaryCounts => this.numbers(record)
    return {
      id,
      record,
      revision: this.#deps.book.all.get(id)!.revision,
      // Lists of all canaries are asked for by every request with feedback, which has no use for them.
      get checks() {
        return numbers().checks
      }
    }
  }

  numbers(record: RecordOfCanary): CanaryCounts {
    const steps = this.#steps(record)
    const { canary, control } = steps.at(-1)!
    const { plan } = record.canary
    const { metrics } = record.definition
    const checks = this.#distributions === undefined ? [] : guardChecks(this.#distributions, { plan, metrics, steps })
    return { checks, requests: { canary: handled(canary), control: handled(control) } }
  }

  /**
   * Change a canary.
   * @param change gives the same record back where there is nothing to do
   * @returns whether it was changed
   * @throws {MillraceError} as ExperimentBook.change does
   */
  async change(id: string, change: (record: RecordOfCanary) => RecordOfCanary): Promise<boolean> {
    let isChanged = false
    await this.#deps.book.change(id, kept => {
      const record = asCanary(kept)
      if (record === undefined) throw unknownExperiment(id)
      const changed = change(record)
      isChanged = changed !== record
      return isChanged ? changed : kept
    })
    return isChanged
  }

  /** Look at a canary, and do what is to be done about it. */
  async look(id: string): Promise<void> {
    await this.load()
    const kept = this.#deps.book.all.get(id)
    const record = kept && asCanary(kept.record)
    if (record === undefined || isOver(record)) return
    if (record.canary.promotingSince !== undefined) return this.promotion.takeOver(record)
    const alias = await this.#strangeAlias(record)
    if (alias !== undefined) return this.#cancel(record, alias)
    const numbers = this.numbers(record)
    const { now } = this.#deps
    const notReady = this.#readiness.problem(id, record.canary.plan, this.#deps.models()!, now())
    const decision = decideCanary(record.canary, { ...numbers, notReady, now: now() })
    await this.#carryOut(record, decision, numbers)
  }

  close(): void {
    this.#looks.close()
    for (const end of this.#ends) end()
  }

  async #carryOut(record: RecordOfCanary, decision: CanaryDecision, numbers: CanaryCounts): Promise<void> {
    const { id } = record.definition
    const { requestsBefore, stepSince, step } = record.canary
    const at = this.#deps.now()
    const reason = 'reason' in decision ? { reason: decision.reason } : {}
    const details = { ...reason, step, seconds: (at - stepSince) / 1000, ...numbers }
    const deed = { at, details }
    const change = (make: (now: RecordOfCanary) => RecordOfCanary): Promise<boolean> =>
      this.change(id, now => (isUntouched(now, record) ? make(now) : now))
    switch (decision.do) {
      case 'promote':
        return this.promotion.promote(id, { details, isStill: now => isUntouched(now, record) })
      case 'advance': {
        const { canary, control } = numbers.requests
        const all = [requestsBefore[0] + canary, requestsBefore[1] + control] as const
        if (await change(now => nextStep(now, all, deed)))
          this.#tell(record, deed.details, 'a canary got a larger share')
        return
      }
      case 'roll_back':
        if (await change(now => ended(now, 'rolled_back', deed)))
          this.#tell(record, details, 'a canary was rolled back')
        return
      case 'undecided':
        if (await change(now => withVerdict(now, 'undecided', { ...deed, what: 'undecided' }))) {
          this.#tell(record, details, 'a canary waits for a person to decide')
        }
        return
      case 'hold':
        if (isWorthNoting(record, numbers)) await change(now => held(now, deed))
    }
  }

  /** What the alias stands for when that is not control any more, asked anew before it is believed. */
  async #strangeAlias(record: RecordOfCanary): Promise<string | undefined> {
    const { model, alias } = record.canary.plan
    const models = this.#deps.models()!
    const control = record.definition.arms[controlArm]!.version
    if (aliasNow(models, record) === control) return undefined
    await models.refresh(model)
    const version = aliasNow(models, record)
    return version === control ? undefined : `${alias} of ${model} stands for ${version ?? 'nothing'} by now`
  }

  /** Somebody else moved the alias. Another process may have promoted meanwhile: then the record says so. */
  async #cancel(record: RecordOfCanary, reason: string): Promise<void> {
    const deed = { at: this.#deps.now(), details: { reason, ...this.numbers(record) } }
    const isMine = await this.change(record.definition.id, now =>
      isUntouched(now, record) ? ended(now, 'cancelled', deed) : now
    )
    if (isMine) this.#tell(record, { reason }, 'a canary was cancelled')
  }

  /** Of all steps so far, the present one last. */
  #steps(record: RecordOfCanary): StepTallies[] {
    return phasesOf(record).map(phase => {
      const { arms } = phaseLedger(this.#deps.ledger, record, phase).tally()
      return { canary: arms[canaryArm]!, control: arms[controlArm]! }
    })
  }

  #warn(error: unknown): void {
    this.#deps.log.warn({ err: error }, 'canaries cannot be compared with control: the statistics could not be loaded')
  }

  #tell({ definition: { id, model }, canary: { plan } }: RecordOfCanary, details: object, sentence: string): void {
    this.#deps.log.info({ canary: id, model, candidate: plan.candidate, ...details }, sentence)
  }
}

/** Requests that were answered or failed. */
function handled({ requests, failures }: StepTallies['canary']): number {
  return requests + failures
}

/** Looks that change nothing are noted when the requests of the step have doubled since the last one that was. */
function isWorthNoting({ history, canary: { step, plan } }: RecordOfCanary, { requests }: CanaryCounts): boolean {
  const last = history.findLast(({ what, details }) => what === 'held' && details['step'] === step)
  const noted = last?.details['requests'] as CanaryCounts['requests'] | undefined
  return requests.canary >= (noted === undefined ? plan.steps[step]!.minRequests : 2 * noted.canary)
}
