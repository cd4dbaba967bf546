import { integerWithin, MillraceError } from '@millrace/common'
import type { NamedTensor } from '@millrace/runtime'
import type { AnswerStore } from '@millrace/store'
import type { LearnerLog } from '../learning/learner-log.ts'
import { decodeAnswer, encodeAnswer } from './cache/answer-codec.ts'
import { AnswerMemory } from './cache/answer-memory.ts'
import { compact, sizeOfAnswer } from './cache/answer-size.ts'
import type { CachedQuestion } from './cache/cached-question.ts'
import { QuestionKeys } from './cache/question-keys.ts'

export type { CachedQuestion } from './cache/cached-question.ts'

/** An answer, and whether it was made for another request than this one. */
export interface CachedAnswer {
  /** Shared with all who ask the same: only to be read. */
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
  /** Bytes that they take, about. */
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
  /** Bytes of answers in memory; 0 turns the cache off. */
  maxBytes: number
  /** Where answers are kept for all processes. */
  shared?: AnswerStore | undefined
  /** Milliseconds that never go back. */
  now?: (() => number) | undefined
  log: Pick<LearnerLog, 'warn'>
}

/** An answer of more than this part of the memory is not kept. */
const largestPart = 8

/**
 * A cache in memory, with an answer store behind it that is asked where memory knows nothing. A question of ten
 * numbers that is known costs some 1 µs, and one that is not some 4 µs.
 * @throws {MillraceError} MILL_OPTION_INVALID
 */
export function createResponseCache(options: CacheOptions): ResponseCache {
  return new Cache(options)
}

class Cache implements ResponseCache {
  readonly #largest: number
  readonly #shared: AnswerStore | undefined
  readonly #now: () => number
  readonly #log: CacheOptions['log']
  readonly #keys = new QuestionKeys()
  readonly #memory: AnswerMemory
  /** Answers that are on their way. */
  readonly #flights = new Map<string, Promise<CachedAnswer>>()
  /** How often everything was forgotten. */
  #age = 0
  #hits = 0
  #misses = 0

  constructor({ maxBytes, shared, now = () => performance.now(), log }: CacheOptions) {
    this.#largest = Math.floor(integerWithin('maxBytes', maxBytes, 0) / largestPart)
    this.#memory = new AnswerMemory(maxBytes)
    this.#shared = shared
    this.#now = now
    this.#log = log
  }

  async answer(
    question: CachedQuestion,
    ttlMs: number,
    compute: () => Promise<readonly NamedTensor[]>
  ): Promise<CachedAnswer> {
    const key = this.#largest > 0 && ttlMs > 0 ? this.#keys.key(question) : undefined
    if (key === undefined) return { outputs: await compute(), isCached: false }
    for (;;) {
      const outputs = this.#memory.get(key, this.#now())
      if (outputs !== undefined) return this.#hit(outputs)
      const flight = this.#flights.get(key)
      if (flight === undefined) return await this.#lead(key, ttlMs, compute)
      try {
        return this.#hit((await flight).outputs)
      } catch (error) {
        // That was the other request's time, not this one's.
        if (!isOutOfTime(error)) throw error
      }
    }
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

  #hit(outputs: readonly NamedTensor[]): CachedAnswer {
    this.#hits++
    return { outputs, isCached: true }
  }

  /** Find the answer for all who ask the same meanwhile. */
  async #lead(key: string, ttlMs: number, compute: () => Promise<readonly NamedTensor[]>): Promise<CachedAnswer> {
    const flight = this.#find(key, ttlMs, compute)
    this.#flights.set(key, flight)
    try {
      return await flight
    } finally {
      this.#flights.delete(key)
    }
  }

  async #find(key: string, ttlMs: number, compute: () => Promise<readonly NamedTensor[]>): Promise<CachedAnswer> {
    const age = this.#age
    const known = this.#shared === undefined ? undefined : await this.#fromShared(this.#shared, key, ttlMs)
    if (known !== undefined) return this.#hit(known)
    this.#misses++
    const outputs = await compute()
    if (age === this.#age) this.#keep(key, outputs, ttlMs)
    return { outputs, isCached: false }
  }

  async #fromShared(shared: AnswerStore, key: string, ttlMs: number): Promise<readonly NamedTensor[] | undefined> {
    const kept = await shared.get(key)
    if (kept === undefined) return undefined
    try {
      const outputs = decodeAnswer(key, kept.bytes)
      this.#keepHere(key, outputs, kept.ttlMs ?? ttlMs)
      return outputs
    } catch (error) {
      this.#log.warn({ err: error }, 'an answer that is kept for all cannot be used')
      return undefined
    }
  }

  #keep(key: string, outputs: readonly NamedTensor[], ttlMs: number): void {
    if (this.#keepHere(key, compact(outputs), ttlMs)) this.#shared?.set(key, encodeAnswer(key, outputs), ttlMs)
  }

  /** @returns false for an answer that is too large */
  #keepHere(key: string, outputs: readonly NamedTensor[], ttlMs: number): boolean {
    const bytes = sizeOfAnswer(outputs)
    if (bytes > this.#largest) return false
    this.#memory.set(key, { outputs, bytes, expiresAt: this.#now() + ttlMs })
    return true
  }
}

function isOutOfTime(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'MILL_DEADLINE_EXCEEDED'
}
