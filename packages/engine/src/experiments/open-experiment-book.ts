import { MillraceError } from '@millrace/common'
import type { RegistryEntry, RegistryStore } from '@millrace/store'
import type { LearnerLog } from '../learning/learner-log.ts'
import { Exclusive } from '../serving/exclusive.ts'
import type { ExperimentBook, KeptExperiment } from './experiment-book.ts'
import { experimentExists, revisionConflict, unknownExperiment, wrongState } from './experiment-errors.ts'
import { withRevision } from './experiment-history.ts'
import type { ExperimentRecord } from './experiment.ts'
import { entryFrom, type KeptEntry, valueOf } from './kept-record.ts'

/** The kind of the entries in the registry. */
const experimentKind = 'experiment'

/** Writers that may be faster than this one before it gives up. */
const mostAttempts = 50

type WritableEntry = Exclude<KeptEntry, { is: 'unknown' }>

/** What a book is given. */
export interface BookDeps {
  readonly registry: RegistryStore
  readonly log: LearnerLog
}

/**
 * The book of the experiments in a registry: one entry of the kind `experiment` each. Entries of a form that this program
 * does not know are told, decide nothing and are left as they are.
 * @throws {MillraceError} MILL_STORE_FAILED when the registry cannot be read
 */
export async function openExperimentBook(deps: BookDeps): Promise<ExperimentBook> {
  const book = new RegistryBook(deps)
  await book.refresh()
  return book
}

/** See {@link ExperimentBook}. */
class RegistryBook implements ExperimentBook {
  readonly #all = new Map<string, KeptExperiment>()
  /** The newest revision that was seen of each entry, whatever is in it. */
  readonly #revisions = new Map<string, number>()
  readonly #listeners = new Set<(id: string) => void>()
  readonly #exclusive = new Exclusive()
  readonly #registry: RegistryStore
  readonly #log: LearnerLog
  #reading: Promise<void> | undefined
  /** A reading that begins when the one under way has ended: that one may have missed what was told meanwhile. */
  #next: Promise<void> | undefined

  constructor({ registry, log }: BookDeps) {
    this.#registry = registry
    this.#log = log
  }

  get all(): ReadonlyMap<string, KeptExperiment> {
    return this.#all
  }

  create(record: ExperimentRecord): Promise<KeptExperiment> {
    const { id } = record.definition
    return this.#write(id, found => {
      if (found === undefined) return record
      if (found.is !== 'removed') throw experimentExists(id)
      // What is still told of the one that was removed must not count for this one.
      return { ...record, phase: found.phase + 1 }
    })
  }

  change(
    id: string,
    change: (record: ExperimentRecord) => ExperimentRecord,
    expectedRevision?: number
  ): Promise<KeptExperiment> {
    return this.#write(id, (found, revision) => change(changeable(id, found, revision, expectedRevision)))
  }

  async remove(
    id: string,
    check: (record: ExperimentRecord) => void = () => undefined,
    expectedRevision?: number
  ): Promise<void> {
    await this.#swap(id, (found, revision) => {
      const record = changeable(id, found, revision, expectedRevision)
      check(record)
      return { is: 'removed', phase: record.phase }
    })
  }

  onChange(listener: (id: string) => void): () => void {
    this.#listeners.add(listener)
    return () => void this.#listeners.delete(listener)
  }

  refresh(): Promise<void> {
    if (this.#reading === undefined) return this.#read()
    return (this.#next ??= this.#reading.then(
      () => this.#read(),
      () => this.#read()
    ))
  }

  #read(): Promise<void> {
    this.#next = undefined
    const reading = this.#takeAll().finally(() => {
      if (this.#reading === reading) this.#reading = undefined
    })
    return (this.#reading = reading)
  }

  async #takeAll(): Promise<void> {
    for (const entry of await this.#registry.list(experimentKind)) this.#take(entry)
  }

  async #write(
    id: string,
    make: (found: KeptEntry | undefined, revision: number) => ExperimentRecord
  ): Promise<KeptExperiment> {
    const { entry, revision } = await this.#swap(id, (found, before) => {
      const record = make(found, before)
      const isSame = found?.is === 'record' && found.record === record
      return isSame ? found : { is: 'record', record: withRevision(record, before + 1) }
    })
    return { record: entry.record, revision }
  }

  /** Put an entry in the place of another one, which nobody else replaces meanwhile; the same one stays as it is. */
  #swap<Entry extends WritableEntry>(
    id: string,
    make: (found: KeptEntry | undefined, revision: number) => Entry
  ): Promise<{ entry: Entry; revision: number }> {
    return this.#exclusive.run(id, async () => {
      for (let attempt = 0; attempt < mostAttempts; attempt++) {
        const before = await this.#registry.get(experimentKind, id)
        // Also where nothing is to be written: others have done it, and from then on it must be so here as well.
        if (before !== undefined) this.#take(before)
        const revision = before?.revision ?? 0
        const found = before && entryFrom(before.value)
        const entry = make(found, revision)
        if (entry === found) return { entry, revision }
        const written = await this.#registry.put({ kind: experimentKind, name: id, value: valueOf(entry) }, revision)
        if (written === undefined) continue
        this.#take(written)
        return { entry, revision: written.revision }
      }
      throw new MillraceError('MILL_STORE_FAILED', `experiment ${id} is changed by too many at once`)
    })
  }

  /** Believe an entry, unless a newer one was seen. */
  #take({ name: id, value, revision }: RegistryEntry): void {
    if (revision <= (this.#revisions.get(id) ?? 0)) return
    this.#revisions.set(id, revision)
    const entry = entryFrom(value)
    if (entry.is === 'record') this.#all.set(id, { record: entry.record, revision })
    else this.#all.delete(id)
    if (entry.is === 'unknown') this.#log.warn({ experiment: id, revision }, 'experiment of an unknown form left alone')
    for (const listener of this.#listeners) listener(id)
  }
}

function changeable(
  id: string,
  found: KeptEntry | undefined,
  revision: number,
  expectedRevision: number | undefined
): ExperimentRecord {
  if (found?.is === 'unknown') throw wrongState(id, 'was written by another version of the program')
  if (found?.is !== 'record') throw unknownExperiment(id)
  if (expectedRevision !== undefined && expectedRevision !== revision) {
    throw revisionConflict(id, expectedRevision, revision)
  }
  return found.record
}
