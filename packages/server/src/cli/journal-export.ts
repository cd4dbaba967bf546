import { extname } from 'node:path'
import { type JournalReader, openJournalReader } from '@millrace/store'
import { type CommandProcess, inTurns } from './command-process.ts'
import { createCsvOutput, type CsvOutput } from './csv-output.ts'
import { JournalCsv } from './journal-csv.ts'
import { writeToFile } from './journal-output.ts'
import type { JournalPart } from './journal-part.ts'
import { journalOf } from './journal-place.ts'
import { parseRange, placeRange, rangeFlags } from './journal-range.ts'
import { recordJson, type ShownRecord } from './journal-record.ts'
import { readRecords, type RecordsWanted } from './journal-records.ts'
import { SequenceSet } from './journal-sequences.ts'
import { tellPruned } from './journal-show.ts'
import { print } from './print.ts'
import { chosen, oneLearner, parseFlags } from './usage.ts'

const formats = ['csv', 'jsonl'] as const

const help = `Usage: millrace journal export LEARNER [options]

What a learner was told, for other programs and for \`millrace replay\`. Memory
does not grow with the journal.

Options
  --from N         the first record (default the first that is kept)
  --to N           the last record (default the last there is)
  --last N         the last N records, in place of --from
  --format FORMAT  csv or jsonl; by default as the name of the output ends, or
                   else csv
  --output FILE    write to this file, which appears when it is complete
  --raw            do not learn the journal again to find out what became of
                   its records: faster, and nothing is left out
  --data-dir DIR   the data folder; by default that of MILLRACE_DATA_DIR
  --help           print this

CSV has one line for each observation that was learned; repeats and what was
refused are left out. Its columns are sequence (as #12), time, observation_id
and prediction_id where there are any, the features by name, and target. A
feature that an observation lacks is an empty cell; no id is -, and one that
looks like a number or is no plain text is in quotes, as JSON has them. A
feature whose name a column cannot have, such as target, has feature: in front.
\`millrace replay\` takes the file as it is.

JSON lines are those of \`millrace journal show --json\`, every record included.
`

/** `millrace journal export`: a learner's observations, for other programs. */
export const journalExport: JournalPart = {
  help,
  async run(args, env, host) {
    const { values, positionals } = parseFlags({
      args,
      options: {
        ...rangeFlags,
        format: { type: 'string' },
        output: { type: 'string' },
        raw: { type: 'boolean', default: false },
        'data-dir': { type: 'string' }
      },
      allowPositionals: true
    })
    const range = parseRange(values)
    const format = values.format === undefined ? formatOf(values.output) : chosen('format', values.format, formats)
    const { folder } = journalOf(oneLearner(positionals), values['data-dir'], env)
    const reader = openJournalReader(folder)
    return await writeToFile(values.output, host, async (sink, signal) => {
      await tellPruned(range, reader, host)
      const wanted = { ...placeRange(range, reader), mostAhead: values.raw ? undefined : Infinity }
      const output = createCsvOutput(sink, signal)
      const write = format === 'csv' ? writeCsv : writeJsonLines
      await write({ reader, wanted, output, host, signal })
      await output.flush()
    })
  }
}

function formatOf(output = ''): (typeof formats)[number] {
  return ['.jsonl', '.ndjson'].includes(extname(output).toLowerCase()) ? 'jsonl' : 'csv'
}

interface Export {
  reader: JournalReader
  wanted: RecordsWanted
  output: CsvOutput
  host: CommandProcess
  signal: AbortSignal
}

async function writeJsonLines({ reader, wanted, output, host, signal }: Export): Promise<void> {
  for await (const record of inTurns(readRecords(reader, wanted), { clock: host.clock, signal })) {
    await output.line([recordJson(record)])
  }
}

/** Goes through the journal twice: the first time to know the columns, and which rows there are. */
async function writeCsv({ reader, wanted, output, host, signal }: Export): Promise<void> {
  const turns = { clock: host.clock, signal }
  const csv = new JournalCsv()
  const rows = new SequenceSet(wanted.from)
  let to = wanted.from - 1
  let unknown = 0
  for await (const { sequence, command, outcome } of inTurns(readRecords(reader, wanted), turns)) {
    to = sequence
    if (command.kind === 'settings') continue
    if (outcome === undefined) unknown++
    else if (outcome !== 'learned') continue
    rows.add(sequence)
    csv.gather(command)
  }
  if (unknown > 0 && wanted.mostAhead !== undefined) await tellUnknown(unknown, host)
  await output.line(csv.header())
  for await (const record of inTurns(readRecords(reader, { from: wanted.from, to }), turns)) {
    if (rows.has(record.sequence)) await writeRow(record, csv, output)
  }
}

async function writeRow({ sequence, time, command }: ShownRecord, csv: JournalCsv, output: CsvOutput): Promise<void> {
  if (command.kind === 'observation') await output.line(csv.row({ sequence, time, observation: command }))
}

async function tellUnknown(count: number, { stderr }: CommandProcess): Promise<void> {
  const rows = count === 1 ? 'the first row' : `the first ${count} rows`
  await print(stderr, `millrace: whether ${rows} were learned is not known: no earlier snapshot is kept\n`)
}
