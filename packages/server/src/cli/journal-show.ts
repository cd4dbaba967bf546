import { type JournalReader, openJournalReader } from '@millrace/store'
import { type CommandProcess, inTurns, untilStopped } from './command-process.ts'
import { createCsvOutput } from './csv-output.ts'
import type { JournalPart } from './journal-part.ts'
import { journalOf } from './journal-place.ts'
import { type JournalRange, parseRange, placeRange, rangeFlags } from './journal-range.ts'
import { recordJson, recordLine } from './journal-record.ts'
import { hasId, readRecords } from './journal-records.ts'
import { print } from './print.ts'
import { oneLearner, parseFlags } from './usage.ts'

/** Learning so many records again is worth it to tell what became of the ones that are shown. */
const mostAhead = 10_000

const help = `Usage: millrace journal show LEARNER [options]

What a learner was told, one record a line: position, time, kind, what became
of it, ids, target, prediction and features. On a terminal long lines are cut.

Options
  --from N        the first record (default the first that is kept)
  --to N          the last record (default the last there is)
  --last N        the last N records, in place of --from
  --id ID         only records with this observation id or prediction id
  --json          print one JSON object a line, with everything in it
  --data-dir DIR  the data folder; by default that of MILLRACE_DATA_DIR
  --help          print this

Kinds are settings (how the learner is made, and its limits), observation, and
label, an observation that came as the label of an earlier prediction.

What became of a record is found out by learning it again: learned, repeat (it
was learned before, under the same id), or the code that it was refused with.
It is - where neither the beginning of the journal nor a snapshot is among the
${mostAhead.toLocaleString('en-US')} records before.
`

/** `millrace journal show`: what was a learner told? */
export const journalShow: JournalPart = {
  help,
  async run(args, env, host) {
    const { values, positionals } = parseFlags({
      args,
      options: {
        ...rangeFlags,
        id: { type: 'string' },
        json: { type: 'boolean', default: false },
        'data-dir': { type: 'string' }
      },
      allowPositionals: true
    })
    const range = parseRange(values)
    const { folder } = journalOf(oneLearner(positionals), values['data-dir'], env)
    const reader = openJournalReader(folder)
    return await untilStopped(host, signal => show(reader, { range, id: values.id, isJson: values.json }, host, signal))
  }
}

interface Wanted {
  range: JournalRange
  id: string | undefined
  isJson: boolean
}

async function show(
  reader: JournalReader,
  { range, id, isJson }: Wanted,
  host: CommandProcess,
  signal: AbortSignal
): Promise<number> {
  await tellPruned(range, reader, host)
  const width = host.stdout.isTTY === true ? host.stdout.columns : undefined
  const output = createCsvOutput(host.stdout, signal)
  const records = readRecords(reader, { ...placeRange(range, reader), mostAhead })
  for await (const record of inTurns(records, { clock: host.clock, signal })) {
    if (id !== undefined && !hasId(record.command, id)) continue
    await output.line([isJson ? recordJson(record) : recordLine(record, width)])
  }
  await output.flush()
  return 0
}

/** Say so when the first records that were asked for are no longer there. */
export async function tellPruned(
  { from }: JournalRange,
  reader: JournalReader,
  { stderr }: Pick<CommandProcess, 'stderr'>
): Promise<void> {
  const first = reader.firstSequence()
  if (from === undefined || from >= first) return
  await print(stderr, `millrace: records before ${first} are no longer kept\n`)
}
