import { getCounted, putCounted } from './counted-codec.ts'
import { damagedEntry, EntryBytes, EntryReader } from './entry-bytes.ts'
import { ExperimentState } from './experiment-state.ts'
import { type HashTable, shardCount } from './hash-table.ts'
import { LedgerState, type StateLimits } from './ledger-state.ts'
import { readRecord, RecordWriter } from './record-codec.ts'

const version = 1
/** Parts of a table that are written in one go. */
const partsTogether = 4
const deaf = { exposure: () => undefined, counted: () => undefined, forget: () => undefined }
/** A record's name, where it is no record of a run. */
const noName = { run: '0'.repeat(16), number: 1 }

/**
 * A state as bytes, piece by piece. All but the units is taken with the first piece, and the units with the others, some
 * hundred microseconds each. Units that come in between may be in it or not: it holds all records up to those that were
 * its heads at the first piece, and perhaps some of what came later, which may come again.
 */
export function* imageOf(state: LedgerState): Generator<Buffer, undefined> {
  const bytes = new EntryBytes()
  const experiments = [...state.experiments]
  bytes.byte(version)
  putMap(bytes, state.heads, number => bytes.count(number))
  putMap(bytes, state.forgotten, time => bytes.double(time))
  const waiting = new RecordWriter()
  for (const fact of state.waiting.facts()) waiting.outcome(fact)
  bytes.bytes(waiting.take(noName))
  putMap(bytes, new Map(experiments), experiment => putExperiment(bytes, experiment))
  yield bytes.copy()
  for (const [, { units }] of experiments) {
    for (let first = 0; first < shardCount; first += partsTogether) {
      bytes.clear()
      putParts(bytes, units, first, first + partsTogether)
      yield bytes.copy()
    }
  }
  return undefined
}

/** The heads of the state in an image. @throws {MillraceError} MILL_JOURNAL_DAMAGED */
export function headsIn(image: Uint8Array): Map<string, number> {
  const bytes = new EntryReader(image)
  checkVersion(bytes)
  return getMap(bytes, () => bytes.count())
}

/** The state of which {@link imageOf} made the image. Some 60 ns a unit. @throws {MillraceError} MILL_JOURNAL_DAMAGED */
export function stateOf(image: Uint8Array, limits: StateLimits): LedgerState {
  const bytes = new EntryReader(image)
  checkVersion(bytes)
  const state = new LedgerState(limits)
  for (const [run, number] of getMap(bytes, () => bytes.count())) state.heads.set(run, number)
  for (const [id, time] of getMap(bytes, () => bytes.double())) state.forgotten.set(id, time)
  const waiting = bytes.bytes()
  const experiments = getMap(bytes, () => getExperiment(bytes, limits))
  for (const [id, experiment] of experiments) {
    getParts(bytes, experiment.units)
    experiment.recount()
    state.experiments.set(id, experiment)
  }
  if (!bytes.isAtEnd) throw damagedEntry('bytes after the end')
  readRecord(waiting, { ...deaf, outcome: fact => state.tell(fact) })
  return state
}

function checkVersion(bytes: EntryReader): void {
  const found = bytes.byte()
  if (found !== version) throw damagedEntry(`the version of this state is ${found}, and ${version} is known`)
}

/** All but the units. */
function putExperiment(bytes: EntryBytes, { createdAt, updatedAt, metrics, ids, counted }: ExperimentState): void {
  bytes.double(createdAt)
  bytes.double(updatedAt)
  putMap(bytes, metrics, ({ table }) => putParts(bytes, table, 0, shardCount))
  const tables = ids.tables()
  bytes.count(tables.length)
  for (const table of tables) putParts(bytes, table, 0, shardCount)
  putMap(bytes, counted, counts => putCounted(bytes, counts))
}

function getExperiment(bytes: EntryReader, limits: StateLimits): ExperimentState {
  const experiment = new ExperimentState(limits, bytes.double())
  experiment.updatedAt = bytes.double()
  for (let rest = bytes.count(); rest > 0; rest--) {
    const sums = experiment.metric(bytes.text())
    if (sums === undefined) throw damagedEntry('too many metrics')
    getParts(bytes, sums.table)
  }
  for (let rest = bytes.count(); rest > 0; rest--) getParts(bytes, experiment.ids.begin())
  for (const [run, counted] of getMap(bytes, () => getCounted(bytes))) experiment.counted.set(run, counted)
  return experiment
}

/** For each part how many words it has, and those. */
function putParts(bytes: EntryBytes, table: HashTable, first: number, end: number): void {
  for (let number = first; number < end; number++) {
    const entries = table.copyOfPart(number)
    bytes.count(entries?.length ?? 0)
    if (entries !== undefined) bytes.words(entries)
  }
}

function getParts(bytes: EntryReader, table: HashTable): void {
  for (let number = 0; number < shardCount; number++) {
    const length = bytes.count()
    if (length % table.stride !== 0) throw damagedEntry('a part of a table is not whole')
    if (length > 0) table.adoptPart(number, bytes.words(length))
  }
}

function putMap<Value>(bytes: EntryBytes, map: ReadonlyMap<string, Value>, put: (value: Value) => void): void {
  bytes.count(map.size)
  for (const [name, value] of map) {
    bytes.text(name)
    put(value)
  }
}

function getMap<Value>(bytes: EntryReader, get: () => Value): Map<string, Value> {
  const map = new Map<string, Value>()
  for (let rest = bytes.count(); rest > 0; rest--) {
    const name = bytes.text()
    map.set(name, get())
  }
  return map
}
