import { existsSync } from 'node:fs'
import { type Durability, type RedisConnection, redisLedgerStream } from '@millrace/store'
import type { LearnerLog } from '../../learning/learner-log.ts'
import { LedgerCore } from './ledger-core.ts'
import type { ExchangeHealth, LedgerExchange } from './ledger-exchange.ts'
import type { LedgerFolder, LedgerFolderOptions } from './ledger-folder.ts'
import { type LedgerLimitOptions, type LedgerLimits, ledgerLimits } from './ledger-limits.ts'
import { LedgerState } from './ledger-state.ts'
import type { Ledger } from './ledger.ts'

/** After opening the folder failed it is tried again so much later. */
const retryMs = 1000

/** How a ledger is opened. */
export interface LedgerOptions extends LedgerLimitOptions {
  /** Holds a folder for each process that ever wrote at the same time; made when the first experiment is there. */
  readonly folder: string
  /** What an outcome survives that is acknowledged. */
  readonly durability: Durability
  readonly log: LearnerLog
  /** Where processes with folders of their own tell one another; it may come and go. */
  readonly redis?: RedisConnection | undefined
  /** Milliseconds since 1970. */
  readonly now?: (() => number) | undefined
  /** Bytes of records after which a snapshot is taken (default 8 MiB). */
  readonly snapshotBytes?: number | undefined
  /** Bytes of requests that are kept on disk (default 64 MiB); half as much again may come before the oldest go. */
  readonly requestBytes?: number | undefined
  /** Records in the stream of Redis after which an image takes their place (default 20,000). */
  readonly streamRecords?: number | undefined
}

/** How a ledger is. */
export interface LedgerHealth {
  /** Why it cannot write at present; undefined while all is well. */
  readonly problem: unknown
  /** Records and bytes that this run has written, and records that were lost because they could not be. */
  readonly records: number
  readonly bytes: number
  readonly lostRecords: number
  readonly snapshots: number
  readonly experiments: number
  /** Units that are known and can come back. */
  readonly units: number
  readonly requests: number
  readonly waitingOutcomes: number
  readonly memoryBytes: number
  /** How the exchange by way of Redis is; undefined without, and before there is an experiment. */
  readonly exchange: ExchangeHealth | undefined
}

/** A ledger that is kept. */
export interface OpenLedger extends Ledger {
  health(): LedgerHealth
}

/**
 * Open the ledger in a folder. Where there is one, all that it holds is brought in first: some 200 ms for a million units.
 * Where there is none, nothing is done until the first experiment is asked for; what is told until its journal is open
 * waits for that.
 *
 * Units are in the operating system's hands at the end of the turn of the event loop, or at most 100 ms later where many
 * come; counts of requests at most a second later. Outcomes are as durable as `durability` says when they resolve.
 * @throws {MillraceError} MILL_OPTION_INVALID, MILL_STORE_FAILED, MILL_JOURNAL_DAMAGED, MILL_STATE_INVALID
 */
export async function openLedger(options: LedgerOptions): Promise<OpenLedger> {
  const { folder, now = Date.now } = options
  const limits = ledgerLimits(options)
  const given = { ...options, limits, now }
  if (!existsSync(folder)) return new KeptLedger(given, new LedgerState(limits))
  const { firstState } = await import('./ledger-folder.ts')
  const ledger = new KeptLedger(given, firstState(given))
  await ledger.open()
  return ledger
}

type KeptOptions = LedgerFolderOptions & Pick<LedgerOptions, 'redis' | 'streamRecords'> & { limits: LedgerLimits }

class KeptLedger extends LedgerCore implements OpenLedger {
  readonly #given: KeptOptions
  readonly #log: LearnerLog
  #folder: LedgerFolder | undefined
  #exchange: LedgerExchange | undefined
  #opening: Promise<void> | undefined
  #problem: unknown
  #retry: NodeJS.Timeout | undefined
  #isEnding = false

  constructor(given: LedgerFolderOptions & { limits: ReturnType<typeof ledgerLimits> }, state: LedgerState) {
    const { limits, log, now } = given
    super({ state, limits, log, now, wake: () => this.#wake() })
    this.#given = given
    this.#log = log
  }

  /** @throws {MillraceError} what opening the folder throws */
  open(): Promise<void> {
    this.#opening ??= this.#open()
    return this.#opening
  }

  health(): LedgerHealth {
    const { state, runLog, requests } = this
    const experiments = [...state.experiments.values()]
    return {
      problem: this.#problem ?? runLog.problem,
      records: runLog.records,
      bytes: this.#folder?.bytesWritten ?? 0,
      lostRecords: runLog.lost,
      snapshots: this.#folder?.snapshots.taken ?? 0,
      experiments: experiments.length,
      units: experiments.reduce((sum, { units }) => sum + units.size, 0),
      requests: requests.size,
      waitingOutcomes: state.waiting.size,
      memoryBytes: state.memoryBytes + requests.memoryBytes,
      exchange: this.#exchange?.health
    }
  }

  override async flush(): Promise<void> {
    await this.#opening?.catch(() => undefined)
    await super.flush()
    await this.#exchange?.flush()
  }

  override async close(): Promise<void> {
    if (this.#isEnding) return
    this.#isEnding = true
    clearTimeout(this.#retry)
    await this.#opening?.catch(() => undefined)
    await super.close()
    await this.#exchange?.close()
    await this.#folder?.close()
  }

  async #open(): Promise<void> {
    const { LedgerFolder } = await import('./ledger-folder.ts')
    this.#folder = await LedgerFolder.open(this, this.#given)
    this.#problem = undefined
    if (this.#given.redis !== undefined) await this.#exchangeBy(this.#given.redis)
  }

  async #exchangeBy(redis: RedisConnection): Promise<void> {
    const { LedgerExchange } = await import('./ledger-exchange.ts')
    const { limits, log, streamRecords } = this.#given
    const stream = redisLedgerStream(redis)
    const grown = (bytes: number): void => this.#folder?.snapshots.grown(bytes)
    this.#exchange = new LedgerExchange({ core: this, stream, redis, limits, log, grown, streamRecords })
  }

  /** Open in the background; what is told meanwhile waits. */
  #wake(): void {
    if (this.#isEnding) return
    this.open().catch((error: unknown) => {
      this.#problem = error
      this.#opening = undefined
      this.runLog.refuse(error)
      this.#log.warn({ err: error }, 'the ledger of experiments cannot be written; tried again')
      this.#retry = setTimeout(() => this.#wake(), retryMs).unref()
    })
  }
}
