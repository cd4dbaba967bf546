import type { NamedTensor, RunResult } from '@millrace/runtime'
import { Admission, type AdmissionLimits } from './admission.ts'
import type { Deadlines } from './deadlines.ts'
import type { InferReply, InferRequest, ServingEvents } from './model-server.ts'
import type { ResponseCache } from './response-cache.ts'
import type { Target } from './served-model.ts'
import { deadlineExceeded, notReady } from './serving-errors.ts'
import type { InMemory, VersionSlot } from './version-slot.ts'

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
  readonly monotonicNow: () => number
}

/** Answers requests: finds the version, then the answer in the cache or by a run. */
export class Inference {
  readonly deps: InferenceDeps
  readonly admission: Admission
  isClosed = false
  /** Requests that are not answered yet, or still need their version. */
  #inWork = 0
  #whenIdle: (() => void) | undefined

  constructor(deps: InferenceDeps) {
    this.deps = deps
    this.admission = new Admission(deps.limits)
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

  /** A version that would answer, in memory: brought there within the time that a request has. */
  async resolve({ slot }: Target): Promise<InMemory> {
    if (slot.current !== undefined) return slot.current
    const { deadlines, bring, limits, monotonicNow } = this.deps
    const { promise: late, reject } = Promise.withResolvers<never>()
    const expire = (): void => reject(deadlineExceeded(slot.model, limits.requestTimeoutMs))
    const awaited = { deadline: monotonicNow() + limits.requestTimeoutMs, expire }
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
  readonly #request: InferRequest
  readonly #caller: Caller
  readonly #desk: Inference
  readonly #startedAt: number
  #target: Target | undefined
  /** Takes the request out of the queue that it waits in. */
  #giveUp: ((error: unknown) => void) | undefined
  #isSettled = false
  /** Milliseconds that were spent waiting and running, where the cache did not have the answer. */
  #ranMs = 0

  constructor(request: InferRequest, caller: Caller, desk: Inference) {
    const { monotonicNow, limits } = desk.deps
    const { timeoutMs } = request
    const longestMs = limits.requestTimeoutMs
    this.#request = request
    this.#caller = caller
    this.#desk = desk
    this.#startedAt = monotonicNow()
    this.deadline = this.#startedAt + (timeoutMs !== undefined && timeoutMs < longestMs ? timeoutMs : longestMs)
  }

  async fly(): Promise<void> {
    const { find, bring, deadlines } = this.#desk.deps
    let version: InMemory | undefined
    try {
      if (this.#desk.isClosed) throw notReady({ model: this.#request.model }, 'the server is closing')
      const target = find(this.#request.model, this.#request.version)
      this.#target = target
      const { slot } = target
      slot.lastUsedAt = this.#startedAt
      if (slot.current === undefined) {
        version = await bring(slot)
        if (this.#isSettled) return
      } else {
        version = slot.current
        version.inUse++
      }
      await this.#ask(target, version)
    } catch (error) {
      this.#fail(error)
    } finally {
      version?.release()
      deadlines.delete(this)
      this.#desk.landed()
    }
  }

  expire(): void {
    const error = deadlineExceeded(this.#request.model, this.deadline - this.#startedAt)
    this.#giveUp?.(error)
    this.#fail(error)
  }

  async #ask(target: Target, version: InMemory): Promise<void> {
    const { cache } = this.#desk.deps
    const { useCache, featureNames } = this.#request
    const { digest } = version.served
    // Names of features decide an answer, and are no part of a question to the cache.
    if (cache === undefined || digest === undefined || useCache === false || featureNames !== undefined) {
      const { outputs } = await this.#run(target, version)
      this.#succeed(target, version, { outputs, isCached: false })
      return
    }
    const { outputs, isCached } = await this.#askCache(cache, target, { version, digest })
    const { tally } = target.slot
    const totalMs = this.#desk.deps.monotonicNow() - this.#startedAt
    if (isCached) tally.hit(totalMs * 1e6)
    else tally.missed((totalMs - this.#ranMs) * 1e6)
    this.#succeed(target, version, { outputs, isCached })
  }

  async #askCache(
    cache: ResponseCache,
    target: Target,
    { version, digest }: { version: InMemory; digest: string }
  ): Promise<{ outputs: readonly NamedTensor[]; isCached: boolean }> {
    const { model, inputs, outputs, cacheTtlMs = this.#desk.deps.cacheTtlMs } = this.#request
    const question = { model, version: target.route.version, digest, inputs, outputs }
    return cache.answer(question, cacheTtlMs, async () => (await this.#run(target, version)).outputs)
  }

  async #run({ slot }: Target, version: InMemory): Promise<RunResult> {
    const { admission, deps } = this.#desk
    const { inputs, outputs, featureNames, priority } = this.#request
    const { deadline } = this
    const cameAt = deps.monotonicNow()
    let enteredAt = cameAt
    if (!admission.tryEnter()) {
      await this.#wait()
      enteredAt = deps.monotonicNow()
    }
    try {
      const result = await version.served.run({ inputs, outputs, featureNames, deadline, priority })
      slot.tally.ran(result.timing, (enteredAt - cameAt) * 1e6)
      return result
    } finally {
      admission.leave()
      this.#ranMs = deps.monotonicNow() - cameAt
    }
  }

  async #wait(): Promise<void> {
    const { entered, giveUp } = this.#desk.admission.wait()
    this.#giveUp = giveUp
    await entered
    this.#giveUp = undefined
  }

  #succeed(target: Target, version: InMemory, answer: { outputs: readonly NamedTensor[]; isCached: boolean }): void {
    if (this.#isSettled) return
    this.#isSettled = true
    const { monotonicNow, events } = this.#desk.deps
    const now = monotonicNow()
    const durationMs = now - this.#startedAt
    target.slot.tally.succeeded(durationMs * 1e6, now)
    const { outputs, isCached } = answer
    const reply = { route: target.route, served: version.served, outputs, isCached, durationMs }
    events.answered?.(reply)
    this.#caller.resolve(reply)
  }

  #fail(error: unknown): void {
    if (this.#isSettled) return
    this.#isSettled = true
    const { model, version } = this.#request
    const { monotonicNow, events } = this.#desk.deps
    const durationMs = monotonicNow() - this.#startedAt
    this.#target?.slot.tally.failed(durationMs * 1e6)
    events.failed?.({ model, version, error, durationMs })
    this.#caller.reject(error)
  }
}
