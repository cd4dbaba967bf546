import { integerWithin, MillraceError } from '@millrace/common'
import type { NamedTensor } from '@millrace/runtime'
import type { AnswerStore } from '@millrace/store'
import type { LearnerLog } from '../learning/learner-log.ts'
import { decodeAnswer, encodeAnswer } from './cache/answer-codec.ts'
import { AnswerMemory } from './cache/answer-memory.ts'
import type { CachedQuestion } from './cache/cached-question.ts'
import { Flights } from './cache/flights.ts'
import { keyText, QuestionKeys } from './cache/question-keys.ts'

export type { CachedQuestion } from './cache/cached-question.ts'

/** An answer, and whether it was made for another request than this one. */
export interface CachedAnswer {
  /** Shared with all who asked the same while it was computed: only to be read. */
  readonly outputs: readonly NamedTensor[]
  /** True for a question that was answered before, or that waited for an equal one that was being answered. */
  readonly isCached: boolean
}

/** What a cache has done since it was made. */
export interface CacheCounts {
  /** Requests that got an answer made for another one. */
  readonly hits: number
  /** Requests that had to be computed. */
  readonly misses: number
  /** Answers that were forgotten for want of room. */
  readonly evictions: number
  /** Answers in memory. */
  readonly entries: number
  /** Bytes that the cache takes: what was kept so far, and the index, which is made for all that it may ever hold. */
  readonly bytes: number
}

/** Answers that need not be computed again. Two questions share an answer only if they are equal in every part. */
export interface ResponseCache {
  /**
   * Look an answer up, or compute it; of equal questions that come at the same time one is computed for all. What fails
   * is not kept: it fails for all who wait, but that who waits for one that ran out of time asks again. A cache that is
   * away costs time, never an answer.
   * @param ttlMs how long the answer may be kept if it is computed now; nothing is looked up or kept unless that is > 0
   */
  answer(question: CachedQuestion, ttlMs: number, compute: () => Promise<readonly NamedTensor[]>): Promise<CachedAnswer>
  counts(): CacheCounts
  /** Forget everything, for all processes. @throws {MillraceError} MILL_STORE_FAILED when only this one has forgotten */
  clear(): Promise<void>
}

/** What a cache works with. */
export interface CacheOptions {
  /** Bytes in memory, all in all; 0 turns the cache off. An answer of more than about an eighth of them is not kept. */
  maxBytes: number
  /** Where answers are kept for all processes. */
  shared?: AnswerStore | undefined
  /** Milliseconds that never go back. */
  now?: (() => number) | undefined
  log: Pick<LearnerLog, 'warn'>
}

/** The answer to a question that is looked for. */
interface Search {
  readonly key: string
  readonly ttlMs: number
  readonly compute: () => Promise<readonly NamedTensor[]>
  /** Whether another process had it. */
  isKnown: boolean
}

/**
 * A cache in memory, with an answer store behind it that is asked where memory knows nothing. A question of ten
 * numbers that is known costs some 1 µs, and one that is not some 2 µs.
 * @throws {MillraceError} MILL_OPTION_INVALID
 */
export function createResponseCache(options: CacheOptions): ResponseCache {
  return new Cache(options)
}

class Cache implements ResponseCache {
  #isOn: boolean
  readonly #shared: AnswerStore | undefined
  readonly #now: () => number
  readonly #log: CacheOptions['log']
  readonly #keys = new QuestionKeys()
  readonly #memory: AnswerMemory
  /** Answers that are on their way. */
  readonly #flights = new Flights()
  /** How often everything was forgotten. */
  #age = 0
  #hits = 0
  #misses = 0

  constructor({ maxBytes, shared, now = () => performance.now(), log }: CacheOptions) {
    this.#isOn = integerWithin('maxBytes', maxBytes, 0) > 0
    this.#memory = new AnswerMemory(maxBytes)
    this.#shared = shared
    this.#now = now
    this.#log = log
  }

  answer(
    question: CachedQuestion,
    ttlMs: number,
    compute: () => Promise<readonly NamedTensor[]>
  ): Promise<CachedAnswer> {
    const key = this.#isOn && ttlMs > 0 ? this.#keys.key(question) : undefined
    return key === undefined ? computed(compute) : this.#answer({ key, ttlMs, compute, isKnown: false })
  }

  counts(): CacheCounts {
    const { evictions, size, bytes } = this.#memory
    return { hits: this.#hits, misses: this.#misses, evictions, entries: size, bytes }
  }

  async clear(): Promise<void> {
    this.#age++
    this.#memory.clear()
    await this.#shared?.clear()
  }

  async #answer(search: Search): Promise<CachedAnswer> {
    for (;;) {
      const outputs = this.#memory.get(search.key, this.#now())
      if (outputs !== undefined) return this.#hit(outputs)
      const flight = this.#flights.get(search.key)
      if (flight === undefined) return await this.#lead(search)
      try {
        return this.#hit(await flight.outputs)
      } catch (error) {
        // That was the other request's time, not this one's.
        if (!isOutOfTime(error)) throw error
      }
    }
  }

  #hit(outputs: readonly NamedTensor[]): CachedAnswer {
    this.#hits++
    return { outputs, isCached: true }
  }

  /** Find the answer for all who ask the same meanwhile. */
  async #lead(search: Search): Promise<CachedAnswer> {
    const age = this.#age
    const shared = this.#shared
    const flight = this.#flights.add(
      search.key,
      shared === undefined ? this.#compute(search) : this.#find(search, shared)
    )
    try {
      const outputs = await flight.outputs
      if (search.isKnown) return this.#hit(outputs)
      if (age === this.#age) this.#keep(search, outputs)
      return { outputs, isCached: false }
    } finally {
      this.#flights.delete(flight)
    }
  }

  async #find(search: Search, shared: AnswerStore): Promise<readonly NamedTensor[]> {
    const known = await this.#fromShared(search, shared)
    if (known === undefined) return await this.#compute(search)
    search.isKnown = true
    return known
  }

  #compute({ compute }: Search): Promise<readonly NamedTensor[]> {
    this.#misses++
    return compute()
  }

  async #fromShared({ key, ttlMs }: Search, shared: AnswerStore): Promise<readonly NamedTensor[] | undefined> {
    const text = keyText(key)
    const kept = await shared.get(text)
    if (kept === undefined) return undefined
    try {
      const outputs = decodeAnswer(text, kept.bytes)
      this.#keepHere(key, outputs, kept.ttlMs ?? ttlMs)
      return outputs
    } catch (error) {
      this.#log.warn({ err: error }, 'an answer that is kept for all cannot be used')
      return undefined
    }
  }

  #keep({ key, ttlMs }: Search, outputs: readonly NamedTensor[]): void {
    if (!this.#keepHere(key, outputs, ttlMs) || this.#shared === undefined) return
    const text = keyText(key)
    this.#shared.set(text, encodeAnswer(text, outputs), ttlMs)
  }

  /** @returns false for an answer that is too large */
  #keepHere(key: string, outputs: readonly NamedTensor[], ttlMs: number): boolean {
    const now = this.#now()
    try {
      return this.#memory.set(key, outputs, { expiresAt: now + ttlMs, now })
    } catch (error) {
      // The system has not as much memory as it was said that there is: that may cost time, but no answer.
      this.#isOn = false
      this.#memory.clear()
      this.#log.warn({ err: error }, 'there is no memory for answers: none are kept any more')
      return false
    }
  }
}

async function computed(compute: Search['compute']): Promise<CachedAnswer> {
  return { outputs: await compute(), isCached: false }
}

function isOutOfTime(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'MILL_DEADLINE_EXCEEDED'
}
