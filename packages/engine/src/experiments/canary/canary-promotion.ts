import type { ModelServer } from '../../serving/model-server.ts'
import { reasonOf } from '../../serving/serving-errors.ts'
import type { ControllerDeps } from '../experiment-deps.ts'
import type { CanaryCheck } from '../experiments.ts'
import { controlArm, ended, notPromoted, promoting, type RecordOfCanary } from './canary-record.ts'

/** Milliseconds after which a promotion that somebody else began is brought to its end here. */
const promotionMs = 5000

/** What is known of a canary at one moment. */
export interface CanaryCounts {
  readonly checks: readonly CanaryCheck[]
  /** Of the present step. */
  readonly requests: { readonly canary: number; readonly control: number }
}

/** A promotion that was decided on. */
export interface Promotion {
  /** The numbers that decided. Plain JSON. */
  readonly details: Readonly<Record<string, unknown>>
  /** Whether the canary, as it is by now, is still to be promoted; may throw. */
  isStill(now: RecordOfCanary): boolean
}

/** What a promotion needs of those who keep canaries. */
export interface PromotionHost {
  /** Whether it was changed; the same record back for nothing to be done. */
  change(id: string, change: (record: RecordOfCanary) => RecordOfCanary): Promise<boolean>
  record(id: string): RecordOfCanary
  numbers(record: RecordOfCanary): CanaryCounts
}

/**
 * Lets aliases stand for candidates, then ends their canaries. The intention is written down first: whatever happens in
 * between, whoever looks next brings it to its end. All of it may be done twice.
 */
export class CanaryPromotion {
  readonly #deps: ControllerDeps
  readonly #host: PromotionHost
  /** Those that this process is promoting. */
  readonly #underWay = new Set<string>()

  constructor(deps: ControllerDeps, host: PromotionHost) {
    this.#deps = deps
    this.#host = host
  }

  /** @throws {MillraceError} as `isStill` and ModelServer.moveAlias do; after the latter the canary waits for a person */
  async promote(id: string, { details, isStill }: Promotion): Promise<void> {
    await this.#alone(id, async () => {
      const deed = { at: this.#deps.now(), details }
      const isMine = await this.#host.change(id, now => (isStill(now) ? promoting(now, deed) : now))
      if (isMine) await this.#finish(id)
    })
  }

  /** Bring to its end what somebody began who seems to be gone. */
  async takeOver({ definition: { id }, canary: { promotingSince = 0 } }: RecordOfCanary): Promise<void> {
    if (this.#underWay.has(id) || this.#deps.now() - promotingSince < promotionMs) return
    await this.#alone(id, () => this.#finish(id))
  }

  async #alone(id: string, work: () => Promise<void>): Promise<void> {
    this.#underWay.add(id)
    try {
      await work()
    } finally {
      this.#underWay.delete(id)
    }
  }

  async #finish(id: string): Promise<void> {
    const models = this.#deps.models()!
    const record = this.#host.record(id)
    const { model, alias, candidate } = record.canary.plan
    await models.refresh(model)
    const version = aliasNow(models, record)
    if (version !== candidate && version !== record.definition.arms[controlArm]!.version) {
      return this.#cancel(record, `${alias} of ${model} stands for ${version ?? 'nothing'} by now`)
    }
    try {
      if (version !== candidate) await models.moveAlias(model, alias, candidate)
    } catch (error) {
      await this.#fail(record, error)
      throw error
    }
    const deed = { at: this.#deps.now(), details: { ...this.#host.numbers(record) } }
    if (await this.#end(id, now => ended(now, 'promoted', deed))) {
      this.#deps.log.info({ canary: id, model, alias, version: candidate }, 'a canary was promoted')
    }
  }

  async #cancel({ definition: { id, model } }: RecordOfCanary, reason: string): Promise<void> {
    const deed = { at: this.#deps.now(), details: { reason } }
    if (await this.#end(id, now => ended(now, 'cancelled', deed))) {
      this.#deps.log.info({ canary: id, model, reason }, 'a canary was cancelled')
    }
  }

  async #fail({ definition: { id, model } }: RecordOfCanary, error: unknown): Promise<void> {
    const deed = { at: this.#deps.now(), details: { reason: reasonOf(error) } }
    await this.#end(id, now => notPromoted(now, deed))
    this.#deps.log.warn({ err: error, canary: id, model }, 'a canary could not be promoted')
  }

  /** Of one that is being promoted. */
  #end(id: string, change: (record: RecordOfCanary) => RecordOfCanary): Promise<boolean> {
    return this.#host.change(id, now => (now.canary.promotingSince === undefined ? now : change(now)))
  }
}

/** The version that the alias of a canary stands for; undefined for none. */
export function aliasNow(models: ModelServer, { canary: { plan } }: RecordOfCanary): string | undefined {
  return models
    .models()
    .find(({ name }) => name === plan.model)
    ?.aliases.get(plan.alias)
}
