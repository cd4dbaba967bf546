import type { ExperimentBook, KeptExperiment } from './experiment-book.ts'
import type { ExperimentRecord } from './experiment.ts'
import type { ExperimentLedger, Ledger } from './ledger/ledger.ts'
import { phaseLedger } from './phase-ledger.ts'
import { type Readiness, RoutedExperiment } from './routed-experiment.ts'
import type { Router } from './router.ts'

/** What {@link RoutingTable} is given. */
export interface RoutingDeps {
  readonly book: ExperimentBook
  readonly ledger: Ledger
  readonly router: Router
  readonly random: () => number
  readonly models: () => Readiness | undefined
}

/** Keeps a router in step with a book: what a change says decides from the moment on that it is known. */
export class RoutingTable {
  readonly #deps: RoutingDeps
  /** What was made of records, with what it was made of. */
  readonly #made = new Map<string, { kept: KeptExperiment; routed: RoutedExperiment }>()
  /** Of which the ledger was told. */
  readonly #told = new WeakSet<KeptExperiment>()
  readonly #forgetBook: () => void

  constructor(deps: RoutingDeps) {
    this.#deps = deps
    this.#forgetBook = deps.book.onChange(() => this.#settle())
    this.#settle()
  }

  /** What is known of an experiment in its present phase. */
  ledgerOf(record: ExperimentRecord): ExperimentLedger {
    return phaseLedger(this.#deps.ledger, record)
  }

  /** From here on nothing is decided. */
  close(): void {
    this.#forgetBook()
    this.#deps.router.route([])
  }

  #settle(): void {
    const { all } = this.#deps.book
    for (const kept of all.values()) this.#tell(kept)
    for (const id of this.#made.keys()) if (all.get(id)?.record.state !== 'running') this.#made.delete(id)
    const running = [...all].filter(([, { record }]) => record.state === 'running')
    this.#deps.router.route(running.map(([id, kept]) => this.#routed(id, kept)))
  }

  /** What the ledger does not know of is not counted: late feedback belongs to those as well that are paused or stopped. */
  #tell(kept: KeptExperiment): void {
    if (kept.record.state === 'draft' || this.#told.has(kept)) return
    this.#told.add(kept)
    this.ledgerOf(kept.record)
  }

  #routed(id: string, kept: KeptExperiment): RoutedExperiment {
    const made = this.#made.get(id)
    if (made?.kept === kept) return made.routed
    const { random, models } = this.#deps
    const routed = new RoutedExperiment(kept.record, { ledger: this.ledgerOf(kept.record), random, models })
    this.#made.set(id, { kept, routed })
    return routed
  }
}
