import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { exponentialBackoff } from '@millrace/store'
import type { DestinationStream } from 'pino'
import type { Config } from '../config-schema.ts'
import type { Logger } from '../logger.ts'
import { contentOf, type ModelMirror } from './model-mirror.ts'
import type { FromWorker } from './worker-messages.ts'
import { type Ended, WorkerProcess } from './worker-process.ts'
import type { WorkerReport } from './worker-report.ts'

/** Milliseconds between two looks at how the workers are. */
const lookMs = 1000
/** Milliseconds that whoever asks for counts waits for them. */
const reportMs = 500
/** Milliseconds of silence after which a worker is taken for stuck. */
const longestSilenceMs = 30_000
/** Milliseconds until a worker that ended is replaced. */
const replacementDelayMs = exponentialBackoff({ firstMs: 100, longestMs: 10_000 })
/** Milliseconds of life after which a worker's end is no sequel of the one before. */
const longLifeMs = 60_000

/** What {@link WorkerPool} is given. */
export interface PoolOptions {
  readonly config: Config
  readonly logger: Logger
  /** Where log lines of workers go; to standard output unless given. */
  readonly logs: DestinationStream | undefined
  /** Gets the last report of a worker that ended. */
  readonly lost: (report: WorkerReport) => void
}

/** What workers are told when they begin. */
export interface PoolStart {
  readonly primaryPath: string
  /** What this process serves now. */
  readonly look: () => Omit<ModelMirror, 'revision'>
}

/** Worker processes: begun together, kept in line with what the primary serves, replaced when they end. */
export class WorkerPool {
  readonly #options: PoolOptions
  readonly #workers = new Map<number, WorkerProcess>()
  readonly #waiting = new Set<() => void>()
  /** How often in a row a worker ended soon, by its number. */
  readonly #failures = new Map<number, number>()
  readonly #timers = new Set<NodeJS.Timeout>()
  #start: PoolStart | undefined
  #mirror: ModelMirror | undefined
  #content = ''
  #at: { host: string; port: number } | undefined
  #address: AddressInfo | undefined
  #isOpen = false
  #isStopping = false
  #failure: Error | undefined
  /** Workers that took the place of another. */
  restarts = 0

  /** Forks; what the workers are to do they are told by `listen`. */
  constructor(options: PoolOptions) {
    this.#options = options
    for (let number = 1; number <= options.config.workers; number++) this.#fork(number)
  }

  /** Those that live. */
  get workers(): readonly WorkerProcess[] {
    return [...this.#workers.values()]
  }

  /**
   * Let all workers listen at one address.
   * @throws {Error} with the code of the system for an address that cannot be had, or when a worker ends before
   */
  async listen(at: { host: string; port: number }, start: PoolStart): Promise<AddressInfo> {
    this.#start = start
    this.#look()
    for (const worker of this.workers) this.#begin(worker)
    const hold = at.port === 0 ? await holdPort(at.host) : undefined
    await this.#untilAll(worker => worker.stage === 'started')
    await hold?.release()
    this.#at = { host: at.host, port: hold?.port ?? at.port }
    for (const worker of this.workers) this.#tellToListen(worker)
    await this.#untilAll(worker => worker.stage === 'listening')
    this.#isOpen = true
    for (const worker of this.workers) worker.send({ kind: 'open' })
    this.#every(lookMs, () => this.#oversee())
    return this.#address!
  }

  /** Resolves when every worker answers by what the primary serves now. A worker that ends meanwhile is not waited for. */
  async publish(): Promise<void> {
    if (this.#start === undefined) return
    this.#look()
    const { revision } = this.#mirror!
    // One that does not listen yet will not before it has come that far.
    await this.#until(() => this.workers.every(worker => worker.stage !== 'listening' || worker.revision >= revision))
  }

  /** Have the reports of all workers, as far as they come within half a second. */
  async collect(): Promise<void> {
    const asked = this.workers.filter(({ stage }) => stage === 'started' || stage === 'listening')
    const wanted = asked.map(worker => ({ worker, count: ++worker.asked }))
    for (const worker of asked) worker.send({ kind: 'report' })
    const isHere = this.#until(() =>
      wanted.every(({ worker, count }) => worker.stage === 'ended' || worker.answered >= count)
    )
    const { promise: late, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, reportMs)
    await Promise.race([isHere, late])
    clearTimeout(timer)
  }

  /** Let the workers answer what runs, and end; resolves when they have. */
  async stop(): Promise<void> {
    this.#isStopping = true
    for (const timer of this.#timers) clearTimeout(timer)
    for (const worker of this.workers) {
      // One that does not hear yet has nothing to finish.
      if (worker.stage === 'forked') worker.kill()
      else worker.send({ kind: 'stop' })
    }
    await this.#until(() => this.#workers.size === 0)
  }

  #fork(number: number): void {
    const { logs } = this.#options
    const heard = this.#heard.bind(this)
    const ended = this.#ended.bind(this)
    this.#workers.set(number, new WorkerProcess({ number, logs, heard, ended }))
  }

  #heard(worker: WorkerProcess, message: FromWorker): void {
    switch (message.kind) {
      case 'born':
        worker.stage = 'born'
        this.#begin(worker)
        break
      case 'mirrored':
        worker.revision = message.revision
        if (worker.stage === 'born') worker.stage = 'started'
        this.#tellToListen(worker)
        break
      case 'listening':
        worker.stage = 'listening'
        this.#address ??= message.address
        if (this.#isOpen) worker.send({ kind: 'open' })
        break
      case 'refused':
        this.#refused(worker, Object.assign(new Error(message.message), { code: message.code }))
        break
      case 'report':
        worker.report = message.report
        worker.answered++
    }
    this.#changed()
  }

  #begin(worker: WorkerProcess): void {
    if (worker.stage !== 'born' || this.#start === undefined) return
    const { config, logger } = this.#options
    const { primaryPath } = this.#start
    const logLevel = logger.level as Config['logLevel']
    worker.send({ kind: 'start', worker: worker.number, config, logLevel, primaryPath, mirror: this.#mirror! })
  }

  /** Not before it answers by what the primary serves. */
  #tellToListen(worker: WorkerProcess): void {
    if (this.#at === undefined || worker.isTold || worker.revision < this.#mirror!.revision) return
    worker.isTold = true
    worker.send({ kind: 'listen', ...this.#at })
  }

  #refused(worker: WorkerProcess, error: Error): void {
    if (!this.#isOpen) this.#failure ??= error
    else worker.kill()
  }

  #ended(worker: WorkerProcess, how: Ended): void {
    this.#workers.delete(worker.number)
    if (worker.report !== undefined) this.#options.lost(worker.report)
    if (this.#isOpen && !this.#isStopping) this.#replace(worker, how)
    else if (!this.#isStopping)
      this.#failure ??= new Error(`worker ${worker.number} ended with ${how.code ?? how.signal}`)
    this.#changed()
  }

  #replace({ number, bornAt }: WorkerProcess, how: Ended): void {
    const before = performance.now() - bornAt > longLifeMs ? 0 : (this.#failures.get(number) ?? 0)
    const delayMs = Math.round(replacementDelayMs(before + 1))
    this.#failures.set(number, before + 1)
    this.#options.logger.error({ worker: number, ...how, delay_ms: delayMs }, 'a worker ended and is replaced')
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      this.restarts++
      this.#fork(number)
    }, delayMs)
    this.#timers.add(timer)
  }

  /** Tell the workers what is served now, if it is not what they were told. */
  #look(): void {
    const found = this.#start!.look()
    const content = contentOf(found)
    if (content === this.#content) return
    this.#content = content
    this.#mirror = { revision: (this.#mirror?.revision ?? 0) + 1, ...found }
    for (const worker of this.workers) {
      // One that is being started applies them in turn.
      if (worker.stage !== 'forked') worker.send({ kind: 'mirror', mirror: this.#mirror })
    }
  }

  #oversee(): void {
    this.#look()
    void this.collect()
    for (const worker of this.workers) {
      if (performance.now() - worker.heardAt < longestSilenceMs) continue
      this.#options.logger.error({ worker: worker.number }, 'a worker does not answer and is ended')
      worker.kill()
    }
  }

  #every(ms: number, work: () => void): void {
    this.#timers.add(setInterval(work, ms).unref())
  }

  /** @throws {Error} when a worker fails before */
  async #untilAll(isSo: (worker: WorkerProcess) => boolean): Promise<void> {
    await this.#until(() => this.#failure !== undefined || this.workers.every(isSo))
    if (this.#failure !== undefined) throw this.#failure
  }

  #until(isSo: () => boolean): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    const look = (): void => {
      if (!isSo()) return
      this.#waiting.delete(look)
      resolve()
    }
    this.#waiting.add(look)
    look()
    return promise
  }

  #changed(): void {
    for (const look of this.#waiting) look()
  }
}

/** A port that is free, and taken until it is released: workers share a port only if they know its number. */
async function holdPort(host: string): Promise<{ port: number; release: () => Promise<void> }> {
  const server = createServer(socket => socket.destroy()).listen(0, host)
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    port,
    async release() {
      server.close()
      await once(server, 'close')
    }
  }
}
