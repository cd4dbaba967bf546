import cluster, { type Worker } from 'node:cluster'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { DestinationStream } from 'pino'
import type { FromWorker, ToWorker } from './worker-messages.ts'
import type { WorkerReport } from './worker-report.ts'

/** How a process ended. */
export interface Ended {
  readonly code: number | null
  readonly signal: string | null
}

/** What {@link WorkerProcess} is given. */
export interface WorkerProcessOptions {
  /** From 1. */
  readonly number: number
  /** Where its log lines go; to the standard output of this process unless given. */
  readonly logs: DestinationStream | undefined
  readonly heard: (worker: WorkerProcess, message: FromWorker) => void
  readonly ended: (worker: WorkerProcess, how: Ended) => void
}

const entry = fileURLToPath(new URL('./worker-main.ts', import.meta.url))

/** A worker, as the primary knows it. */
export class WorkerProcess {
  readonly number: number
  readonly bornAt = performance.now()
  /** How far it has come. */
  stage: 'forked' | 'born' | 'started' | 'listening' | 'ended' = 'forked'
  /** The revision of the models that it answers by; 0 before the first. */
  revision = 0
  /** Whether it was told to listen. */
  isTold = false
  report: WorkerReport | undefined
  /** Reports that were asked for, and those that came. */
  asked = 0
  answered = 0
  /** `performance.now()` of when it was heard last. */
  heardAt = performance.now()
  readonly #child: Worker

  constructor({ number, logs, heard, ended }: WorkerProcessOptions) {
    this.number = number
    // In turn: where processes take connections themselves, one was seen to have 14 of 16, and keeps them for long.
    cluster.schedulingPolicy = cluster.SCHED_RR
    cluster.setupPrimary({
      exec: entry,
      args: [],
      // Flags of this process may not fit another file.
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', logs === undefined ? 'inherit' : 'pipe', 'inherit', 'ipc']
    })
    this.#child = cluster.fork()
    if (logs !== undefined) {
      createInterface(this.#child.process.stdout!).on('line', line => logs.write(`${line}\n`))
    }
    this.#child.on('message', (message: FromWorker) => {
      this.heardAt = performance.now()
      heard(this, message)
    })
    // What cannot be sent is not needed any more: its end is heard as well.
    this.#child.on('error', () => undefined)
    this.#child.once('exit', (code: number | null, signal: string | null) => {
      this.stage = 'ended'
      ended(this, { code, signal })
    })
  }

  get processId(): number | undefined {
    return this.#child.process.pid
  }

  send(message: ToWorker): void {
    if (this.#child.isConnected()) this.#child.send(message, undefined, undefined, () => undefined)
  }

  kill(): void {
    this.#child.process.kill('SIGKILL')
  }
}
