import { MillraceError } from '@millrace/common'
import type { NamedTensor } from '@millrace/runtime'
import type { InferReply, InferRequest, ModelServer } from '../../serving/model-server.ts'
import { reasonOf } from '../../serving/serving-errors.ts'
import { compareOutputs } from './compare-outputs.ts'
import { addCounts, comparisonCounts, noCounts, type ShadowCounts } from './shadow-tally.ts'
import type { ShadowDefinition } from './shadow.ts'

/** What {@link ShadowCopier} is given. */
export interface CopierDeps {
  readonly models: Pick<ModelServer, 'infer'>
  /** Whether the server has no time for copies at present. */
  readonly isBusy: () => boolean
  /** From 0 to 1, for the share of requests that are copied. */
  readonly random: () => number
  /** Milliseconds since 1970 when the shadow was started. */
  readonly startedAt: number
}

/** Copies that run at the same time; the places of a model are for those who wait for their answers. */
const mostRunning = 2

/** Bytes that the inputs and outputs of waiting copies may hold in memory. */
const mostBytes = 64 * 2 ** 20

/** Milliseconds that a copy may take. */
const copyTimeoutMs = 10_000

/** Runs after all that somebody waits for; those count from 0 upwards. */
const lastPriority = 1_000_000_000

interface Copy {
  readonly reply: InferReply
  readonly request: InferRequest
  readonly bytes: number
}

/**
 * Asks the candidate of one shadow what others were asked, after they were answered, and counts how its answers differ.
 * What does not fit in the queue is dropped, as is what comes while the server is busy. The tensors of a request are not
 * copied: nobody changes them, and a run does not take them away.
 */
export class ShadowCopier {
  readonly definition: ShadowDefinition
  readonly startedAt: number
  readonly #deps: CopierDeps
  #queue: Copy[] = []
  #bytes = 0
  #running = 0
  #counts = noCounts
  #isStopped = false

  constructor(definition: ShadowDefinition, deps: CopierDeps) {
    this.definition = definition
    this.#deps = deps
    this.startedAt = deps.startedAt
  }

  /** What was counted since the last `take`. */
  get counts(): ShadowCounts {
    return this.#counts
  }

  /** A request was answered: queue a copy if it is one of the share. Never throws, never waits. */
  offer(reply: InferReply, request: InferRequest): void {
    const { version, share, candidateModel, candidate, queueLimit } = this.definition
    const { route } = reply
    if (version !== undefined && route.version !== version) return
    if (route.version === candidate && route.model === candidateModel) return
    if (share < 1 && this.#deps.random() >= share) return
    const bytes = bytesOf(request.inputs) + bytesOf(reply.outputs)
    if (this.#queue.length >= queueLimit || this.#bytes + bytes > mostBytes || this.#deps.isBusy()) {
      return this.#count({ dropped: 1 })
    }
    this.#queue.push({ reply, request, bytes })
    this.#bytes += bytes
    if (this.#running < mostRunning) void this.#work()
  }

  /** What was counted since the last call. */
  take(): ShadowCounts {
    const counts = this.#counts
    this.#counts = noCounts
    return counts
  }

  /** What was taken could not be kept. */
  giveBack(counts: ShadowCounts): void {
    this.#counts = addCounts(counts, this.#counts)
  }

  /** Ask nothing any more; copies that run are not counted. */
  stop(): void {
    this.#isStopped = true
    this.#queue = []
  }

  async #work(): Promise<void> {
    this.#running++
    // First all that came in with the request.
    await new Promise(setImmediate)
    for (let copy = this.#queue.shift(); copy !== undefined; copy = this.#queue.shift()) {
      this.#bytes -= copy.bytes
      await this.#ask(copy)
      await new Promise(setImmediate)
    }
    this.#running--
  }

  async #ask({ reply, request }: Copy): Promise<void> {
    const { candidateModel: model, candidate: version } = this.definition
    const { inputs, featureNames } = request
    let answer: InferReply
    try {
      answer = await this.#deps.models.infer({
        model,
        version,
        inputs,
        featureNames,
        useCache: false,
        mayExperiment: false,
        isShadow: true,
        timeoutMs: copyTimeoutMs,
        priority: lastPriority
      })
    } catch (error) {
      return this.#failed(error)
    }
    this.#compare(reply, request, answer)
  }

  /** A server that has no place for a copy says nothing about the candidate. */
  #failed(error: unknown): void {
    if (error instanceof MillraceError && error.code === 'MILL_OVERLOADED') return this.#count({ dropped: 1 })
    this.#count({ copied: 1, failed: 1, lastFailure: reasonOf(error) })
  }

  #compare(reply: InferReply, request: InferRequest, answer: InferReply): void {
    const comparisons = compareOutputs(reply.outputs, answer.outputs, this.definition)
    if (comparisons === undefined) return this.#count({ copied: 1, incomparable: 1 })
    const requestId = request.requestId ?? request.unit?.id ?? ''
    const liveMs = reply.isCached ? undefined : reply.durationMs
    const compared = comparisonCounts(comparisons, { requestId, liveMs, candidateMs: answer.durationMs })
    this.#count({ ...compared, copied: 1 })
  }

  #count(more: Partial<ShadowCounts>): void {
    if (!this.#isStopped) this.#counts = addCounts(this.#counts, { ...noCounts, ...more })
  }
}

function bytesOf(tensors: readonly NamedTensor[]): number {
  let bytes = 0
  for (const { data } of tensors) bytes += 'byteLength' in data ? data.byteLength : 100 * data.length
  return bytes
}
