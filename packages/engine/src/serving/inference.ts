import type { NamedTensor } from '@millrace/runtime'
import { adaptQuestion, isUnderstood, type Question, underNames } from './adapt-question.ts'
import { Admission, type AdmissionLimits } from './admission.ts'
import type { Awaited, Deadlines } from './deadlines.ts'
import type { InMemory } from './in-memory.ts'
import type { Decision, InferReply, InferRequest, Resolved, Route, ServingEvents } from './model-server.ts'
import type { CachedAnswer, ResponseCache } from './response-cache.ts'
import type { Target } from './served-model.ts'
import type { ServedVersion } from './served-version.ts'
import { deadlineExceeded, isFault, notReady } from './serving-errors.ts'
import type { Traffic } from './traffic.ts'
import type { VersionSlot } from './version-slot.ts'

/** What {@link Inference} is given. */
export interface InferenceDeps {
  /** What answers to a name. Throws when nothing does. */
  readonly find: (model: string, version: string | undefined) => Target
  /** A version that is not in memory is brought there. */
  readonly bring: (slot: VersionSlot) => Promise<InMemory>
  readonly deadlines: Deadlines
  readonly cache: ResponseCache | undefined
  /** Milliseconds that answers are kept. */
  readonly cacheTtlMs: number
  readonly limits: AdmissionLimits & { readonly requestTimeoutMs: number }
  readonly events: ServingEvents
  readonly traffic: Traffic | undefined
  readonly monotonicNow: () => number
}

/** Answers requests: finds the version, then the answer in the cache or by a run. */
export class Inference {
  readonly deps: InferenceDeps
  /** By model: each has places of its own, so that one that takes long keeps no other waiting. */
  readonly #admissions = new Map<string, Admission>()
  isClosed = false
  /** Requests that are not answered yet, or still need their version. */
  #inWork = 0
  #whenIdle: (() => void) | undefined

  constructor(deps: InferenceDeps) {
    this.deps = deps
  }

  /** Where requests to a model wait for a place. */
  admission(model: string): Admission {
    let own = this.#admissions.get(model)
    if (own === undefined) this.#admissions.set(model, (own = new Admission(this.deps.limits)))
    return own
  }

  /** See ModelServer.infer. */
  infer(request: InferRequest): Promise<InferReply> {
    return new Promise((resolve, reject) => {
      const flight = new Flight(request, { resolve, reject }, this)
      this.#inWork++
      this.deps.deadlines.add(flight)
      void flight.fly()
    })
  }

  /**
   * The version that would answer, brought to memory within the time that a request has.
   * @param isQuestion whether the request is put next, which experiments then decide about
   */
  async resolve(request: InferRequest, isQuestion: boolean): Promise<Resolved> {
    const { traffic, monotonicNow } = this.deps
    const startedAt = monotonicNow()
    const decision = isQuestion ? await traffic?.decide(request) : undefined
    try {
      return await this.#resolveBy(request, decision?.route, decision)
    } catch (error) {
      if (decision === undefined) throw error
      const durationMs = monotonicNow() - startedAt
      traffic!.failed({ decision, request, error, isFault: isFault(error), durationMs })
      if (decision.fallback === undefined || !isFault(error)) throw error
      return await this.#resolveBy(request, decision.fallback, { route: decision.fallback })
    }
  }

  async #resolveBy(request: InferRequest, by: Route | undefined, decision?: Decision): Promise<Resolved> {
    const { route, slot } = this.#target(request, by)
    return { route, served: (await this.#bringInTime(slot)).served, decision }
  }

  #target({ model, version }: InferRequest, route: Route | undefined): Target {
    const { find } = this.deps
    return route === undefined ? find(model, version) : { route, slot: find(route.model, route.version).slot }
  }

  async #bringInTime(slot: VersionSlot): Promise<InMemory> {
    if (slot.current !== undefined) return slot.current
    const { deadlines, bring, limits, monotonicNow } = this.deps
    const { promise: late, reject } = Promise.withResolvers<never>()
    const expire = (): void => reject(deadlineExceeded(slot.model, limits.requestTimeoutMs))
    const awaited: Awaited = { deadline: monotonicNow() + limits.requestTimeoutMs, place: undefined, expire }
    const brought = releasedAtOnce(bring(slot))
    deadlines.add(awaited)
    try {
      return await Promise.race([brought, late])
    } finally {
      deadlines.delete(awaited)
    }
  }

  /** A flight is over. */
  landed(): void {
    if (--this.#inWork === 0) this.#whenIdle?.()
  }

  /** Take no more requests; resolves when those in work are answered. */
  async close(): Promise<void> {
    this.isClosed = true
    if (this.#inWork > 0) {
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#whenIdle = resolve
      await promise
    }
    this.deps.deadlines.close()
  }
}

async function releasedAtOnce(bringing: Promise<InMemory>): Promise<InMemory> {
  const version = await bringing
  version.release()
  return version
}

interface Caller {
  readonly resolve: (reply: InferReply) => void
  readonly reject: (error: unknown) => void
}

/** One request, from the call until nothing of it is left. */
class Flight {
  readonly deadline: number
  place: number | undefined
  readonly #request: InferRequest
  readonly #caller: Caller
  readonly #desk: Inference
  readonly #startedAt: number
  #decision: Decision | undefined
  #target: Target | undefined
  #route: Route | undefined
  /** The request, in the words of the version that is asked. */
  #question: Question
  /** Takes the request out of the queue that it waits in. */
  #giveUp: ((error: unknown) => void) | undefined
  #isSettled = false
  #mayBeCached = false
  /** Milliseconds of the run, with the time that it waited for a place. */
  #ranMs = 0

  constructor(request: InferRequest, caller: Caller, desk: Inference) {
    const { monotonicNow, limits } = desk.deps
    const { timeoutMs } = request
    const longestMs = limits.requestTimeoutMs
    this.#request = request
    this.#question = request
    this.#caller = caller
    this.#desk = desk
    this.#startedAt = monotonicNow()
    this.deadline = this.#startedAt + (timeoutMs !== undefined && timeoutMs < longestMs ? timeoutMs : longestMs)
  }

  async fly(): Promise<void> {
    const { deps } = this.#desk
    try {
      if (this.#desk.isClosed) throw notReady({ model: this.#request.model }, 'the server is closing')
      const { decision: known, isShadow } = this.#request
      const decided = known ?? (isShadow === true ? undefined : deps.traffic?.decide(this.#request))
      const decision = decided instanceof Promise ? await decided : decided
      this.#decision = decision
      await this.#askBy(decision?.route, decision?.madeFor)
    } catch (error) {
      await this.#askInstead(error)
    } finally {
      deps.deadlines.delete(this)
      this.#desk.landed()
    }
  }

  /** Ask what stands in for the decision that failed, if anything does. */
  async #askInstead(error: unknown): Promise<void> {
    const { route, fallback } = this.#decision ?? {}
    if (fallback === undefined || this.#isSettled || !isFault(error)) return this.#fail(error)
    this.#tellFailed(error)
    this.#decision = undefined
    try {
      await this.#askBy(fallback, route)
    } catch (other) {
      this.#fail(other)
    }
  }

  /** @param madeFor whose names of inputs and outputs the request may have, where that is another version */
  async #askBy(route: Route | undefined, madeFor?: Route): Promise<void> {
    const { find, bring, cache } = this.#desk.deps
    const { model, version: named } = this.#request
    const target = route === undefined ? find(model, named) : find(route.model, route.version)
    this.#target = target
    this.#route = route ?? target.route
    const { slot } = target
    slot.lastUsedAt = this.#startedAt
    let version: InMemory | undefined
    try {
      if (slot.current === undefined) {
        version = await bring(slot)
        if (this.#isSettled) return
      } else {
        version = slot.current
        version.inUse++
      }
      this.#question = madeFor === undefined ? this.#request : this.#adapted(version, madeFor)
      this.#mayBeCached = cache !== undefined && this.#isCacheable(version)
      if (this.#mayBeCached) this.#succeed(target, version, await this.#askCache(target, version))
      else this.#succeed(target, version, { outputs: await this.#run(target, version), isCached: false })
    } finally {
      version?.release()
    }
  }

  expire(): void {
    const error = deadlineExceeded(this.#request.model, this.deadline - this.#startedAt)
    this.#giveUp?.(error)
    this.#fail(error)
  }

  /** The request as a version understands it, if it was made for another one that is in memory. */
  #adapted({ served }: InMemory, madeFor: Route): Question {
    if (isUnderstood(this.#request, served)) return this.#request
    const made = this.#inMemory(madeFor)
    return made === undefined ? this.#request : adaptQuestion(this.#request, served, made)
  }

  #inMemory({ model, version }: Route): ServedVersion | undefined {
    try {
      return this.#desk.deps.find(model, version).slot.current?.served
    } catch {
      // It is gone, and needs not be there for another one to answer.
      return undefined
    }
  }

  #isCacheable({ served }: InMemory): boolean {
    return this.#request.useCache !== false && served.digest !== undefined
  }

  #askCache(target: Target, version: InMemory): Promise<CachedAnswer> {
    const { cache, cacheTtlMs: standardTtlMs } = this.#desk.deps
    const { cacheTtlMs = standardTtlMs } = this.#request
    const { inputs, outputs, featureNames } = this.#question
    const { digest = '' } = version.served
    const { model, version: name } = target.slot
    const question = { model, version: name, digest, inputs, outputs, featureNames }
    return cache!.answer(question, cacheTtlMs, () => this.#run(target, version))
  }

  async #run({ slot }: Target, version: InMemory): Promise<readonly NamedTensor[]> {
    const { deps } = this.#desk
    const admission = this.#desk.admission(slot.model)
    const { priority } = this.#request
    const { inputs, outputs, featureNames } = this.#question
    const { deadline } = this
    const beganAt = deps.monotonicNow()
    const waitedMs = admission.tryEnter() ? 0 : await this.#wait(admission)
    try {
      const result = await version.served.run({ inputs, outputs, featureNames, deadline, priority })
      slot.tally.ran(result.timing, waitedMs * 1e6)
      this.#ranMs = deps.monotonicNow() - beganAt
      return result.outputs
    } finally {
      admission.leave()
    }
  }

  /** @returns milliseconds until there was a place */
  async #wait(admission: Admission): Promise<number> {
    const { deps } = this.#desk
    const cameAt = deps.monotonicNow()
    const { entered, giveUp } = admission.wait()
    this.#giveUp = giveUp
    await entered
    this.#giveUp = undefined
    return deps.monotonicNow() - cameAt
  }

  #succeed({ slot }: Target, { served }: InMemory, { outputs, isCached }: CachedAnswer): void {
    const { monotonicNow, events, traffic } = this.#desk.deps
    const now = monotonicNow()
    const durationMs = now - this.#startedAt
    if (this.#mayBeCached) this.#countCache(slot, isCached, durationMs)
    if (this.#isSettled) return
    this.#isSettled = true
    slot.tally.succeeded(durationMs * 1e6, now)
    const named = this.#question === this.#request ? outputs : underNames(outputs, this.#request.outputs)
    const reply = { route: this.#route!, served, outputs: named, isCached, durationMs }
    this.#caller.resolve(reply)
    if (this.#request.isShadow === true) return
    events.answered?.(reply)
    traffic?.served(reply, this.#request, now)
  }

  #countCache({ tally }: VersionSlot, isCached: boolean, durationMs: number): void {
    if (isCached) tally.hit(durationMs * 1e6)
    else tally.missed((durationMs - this.#ranMs) * 1e6)
  }

  #fail(error: unknown): void {
    if (this.#isSettled) return
    this.#isSettled = true
    const { model, version, isShadow } = this.#request
    const { monotonicNow, events } = this.#desk.deps
    const durationMs = monotonicNow() - this.#startedAt
    this.#target?.slot.tally.failed(durationMs * 1e6)
    this.#tellFailed(error)
    this.#caller.reject(error)
    if (isShadow !== true) events.failed?.({ model, version, error, durationMs })
  }

  #tellFailed(error: unknown): void {
    const { deps } = this.#desk
    if (this.#decision === undefined) return
    // Who asked `resolve` before may bring a decision where nobody decides.
    deps.traffic?.failed({
      decision: this.#decision,
      request: this.#request,
      error,
      isFault: isFault(error),
      durationMs: deps.monotonicNow() - this.#startedAt
    })
  }
}
