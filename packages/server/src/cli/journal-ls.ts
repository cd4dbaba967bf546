import { lstatSync, readdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { MillraceError } from '@millrace/common'
import { type JournalReader, openJournalReader, runningWriter, type RunningWriter } from '@millrace/store'
import { formatCount, formatDuration } from '../terminal/number-format.ts'
import { type Column, formatTable } from '../terminal/table.ts'
import { untilStopped } from './command-process.ts'
import { modelIn } from './journal-model.ts'
import type { JournalPart } from './journal-part.ts'
import { dataFolder, type JournalPlace, journalsIn } from './journal-place.ts'
import { lastSequenceOf } from './journal-range.ts'
import { formatBytes, shownText } from './journal-text.ts'
import { print } from './print.ts'
import { parseFlags } from './usage.ts'

const help = `Usage: millrace journal ls [options]

The learners of a data folder: what they are, which records of their journals
are kept and how much room they take with the snapshots, the newest snapshot,
and the process that writes the journal at present.

Options
  --data-dir DIR  the data folder; by default that of MILLRACE_DATA_DIR
  --json          print one JSON array
  --help          print this
`

/** `millrace journal ls`: which learners are there? */
export const journalLs: JournalPart = {
  help,
  async run(args, env, host) {
    const { values } = parseFlags({
      args,
      options: { 'data-dir': { type: 'string' }, json: { type: 'boolean', default: false } }
    })
    const dataDir = dataFolder(values['data-dir'], env)
    return await untilStopped(host, async () => {
      const entries = journalsIn(dataDir).map(entryOf)
      await print(host.stdout, values.json ? `${jsonOf(entries)}\n` : textOf(entries, dataDir, Date.now()))
      const problems = entries.flatMap(({ learner, problem }) =>
        problem ? [`learner ${learner}: ${problem.message}`] : []
      )
      const [first] = entries.flatMap(({ problem }) => problem ?? [])
      if (first === undefined) return 0
      throw new MillraceError(first.code, problems.join('; '), { details: { problems } })
    })
  }
}

/** A learner as it is listed. */
interface LearnerEntry {
  learner: string
  /** Undefined when nothing in the journal says so. */
  model: string | undefined
  first: number
  /** Undefined when the end cannot be read. */
  last: number | undefined
  bytes: number
  snapshot: { sequence: number; time: number } | undefined
  writer: RunningWriter | undefined
  /** What keeps the journal from being read to its end. */
  problem: MillraceError | undefined
}

function entryOf({ learner, folder }: JournalPlace): LearnerEntry {
  const reader = openJournalReader(folder)
  return {
    learner,
    model: modelIn(reader),
    first: reader.firstSequence(),
    bytes: bytesIn(folder),
    snapshot: reader.snapshots()[0],
    writer: runningWriter(folder),
    ...endOf(reader)
  }
}

/** One journal that is damaged does not hide the others. */
function endOf(reader: JournalReader): Pick<LearnerEntry, 'last' | 'problem'> {
  try {
    return { last: lastSequenceOf(reader), problem: undefined }
  } catch (error) {
    if (error instanceof MillraceError) return { last: undefined, problem: error }
    throw error
  }
}

/** Bytes of all files of a journal, snapshots included. */
function bytesIn(folder: string): number {
  const sizes = readdirSync(folder).map(name => lstatSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0)
  return sizes.reduce((sum, size) => sum + size, 0)
}

function jsonOf(entries: readonly LearnerEntry[]): string {
  const list = entries.map(({ learner, model, first, last, bytes, snapshot, writer }) => ({
    learner,
    model: model ?? null,
    first_sequence: first,
    last_sequence: last ?? null,
    records: last === undefined ? null : last - first + 1,
    bytes,
    snapshot: snapshot === undefined ? null : { sequence: snapshot.sequence, time: isoTime(snapshot.time) },
    writer:
      writer === undefined
        ? null
        : {
            pid: writer.pid ?? null,
            host: writer.host ?? null,
            since: writer.since === undefined ? null : isoTime(writer.since)
          }
  }))
  return JSON.stringify(list, null, 2)
}

function isoTime(time: number): string {
  return new Date(time).toISOString()
}

const columns: readonly Column[] = [
  { header: 'learner', align: 'left' },
  { header: 'model', align: 'left' },
  { header: 'first', align: 'right' },
  { header: 'last', align: 'right' },
  { header: 'records', align: 'right' },
  { header: 'size', align: 'right' },
  { header: 'snapshot', align: 'right' },
  { header: 'age', align: 'right' },
  { header: 'writer', align: 'left' }
]

function textOf(entries: readonly LearnerEntry[], dataDir: string, now: number): string {
  if (entries.length === 0) return `No learner has a journal in ${dataDir}.\n`
  const rows = entries.map(({ learner, model, first, last, bytes, snapshot, writer }) => [
    shownText(learner),
    model === undefined ? '-' : shownText(model),
    formatCount(first),
    last === undefined ? '-' : formatCount(last),
    last === undefined ? '-' : formatCount(last - first + 1),
    formatBytes(bytes),
    snapshot === undefined ? '-' : formatCount(snapshot.sequence),
    snapshot === undefined ? '-' : formatDuration(Math.max(0, now - snapshot.time)),
    writer === undefined ? 'none' : writerText(writer)
  ])
  return `${formatTable(columns, rows).join('\n')}\n`
}

/** A process of another machine or container has a number that means nothing here. */
function writerText({ pid, host }: RunningWriter): string {
  if (pid === undefined) return 'running'
  return host === undefined || host === hostname() ? `process ${pid}` : `process ${pid} on ${shownText(host)}`
}
