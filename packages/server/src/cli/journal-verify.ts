import { MillraceError } from '@millrace/common'
import { type JournalReport, openJournalReader } from '@millrace/store'
import { formatCount } from '../terminal/number-format.ts'
import { type CommandProcess, untilStopped } from './command-process.ts'
import { learnAgain } from './journal-deep.ts'
import type { JournalPart } from './journal-part.ts'
import { dataFolder, journalOf, type JournalPlace, journalsIn } from './journal-place.ts'
import { formatBytes, shownText } from './journal-text.ts'
import { wholeReport } from './journal-whole.ts'
import { print } from './print.ts'
import { count } from './replay-standings.ts'
import { oneLearner, parseFlags } from './usage.ts'

const help = `Usage: millrace journal verify [LEARNER] [options]

Checks every byte of the journals and snapshots of all learners, or of one.

Options
  --deep          also learn everything again, from the beginning or from the
                  oldest snapshot, and compare with every snapshot after it:
                  the states must be equal to the byte
  --data-dir DIR  the data folder; by default that of MILLRACE_DATA_DIR
  --help          print this

With --deep it prints the SHA-256 of the state after the last record: learners
with equal records have equal states, wherever they are.

Exit code: 0 all is whole, 1 something is damaged, 2 used wrongly, 130 stopped
by Ctrl-C.
`

/** `millrace journal verify`: is everything still there, and does it still make the same states? */
export const journalVerify: JournalPart = {
  help,
  async run(args, env, host) {
    const { values, positionals } = parseFlags({
      args,
      options: { deep: { type: 'boolean', default: false }, 'data-dir': { type: 'string' } },
      allowPositionals: true
    })
    const dataDir = values['data-dir']
    const places =
      positionals.length === 0
        ? journalsIn(dataFolder(dataDir, env))
        : [journalOf(oneLearner(positionals), dataDir, env)]
    return await untilStopped(host, signal => verifyAll(places, values.deep, host, signal))
  }
}

async function verifyAll(
  places: readonly JournalPlace[],
  isDeep: boolean,
  host: CommandProcess,
  signal: AbortSignal
): Promise<number> {
  const problems: string[] = []
  for (const place of places) {
    const report = wholeReport(place.folder)
    const deep = isDeep && report.problems.length === 0 ? await deepReport(place, host, signal) : noDeepReport
    // Ctrl-C, or nobody reads any more: what is not finished is not told.
    await host.clock.turn()
    if (signal.aborted) return 1
    const found = [...report.problems, ...deep.problems]
    problems.push(...found.map(problem => `learner ${place.learner}: ${problem}`))
    const verdict = found.length === 0 ? 'whole' : 'damaged'
    await print(host.stdout, `${[titleOf(place, verdict), ...factsOf(report), ...deep.lines].join('\n')}\n`)
  }
  if (places.length === 0) await print(host.stdout, 'There is no journal to verify.\n')
  if (problems.length === 0) return 0
  throw new MillraceError('MILL_JOURNAL_DAMAGED', problems.join('; '), { details: { problems } })
}

const noDeepReport = { lines: [], problems: [] }

/** What learning again came to, as lines for people. */
async function deepReport({ folder }: JournalPlace, { clock }: CommandProcess, signal: AbortSignal) {
  try {
    const { begunAt, equal, sequence, digest, problems } = await learnAgain(openJournalReader(folder), {
      clock,
      signal
    })
    const from = begunAt === 0 ? 'the beginning' : `the snapshot at ${formatCount(begunAt)}`
    const lines = [
      `  learned again from ${from}: ${equal.length === 0 ? 'no snapshot to compare with' : `equal at ${equal.map(formatCount).join(', ')}`}`,
      `  state at ${formatCount(sequence)}: SHA-256 ${digest ?? 'none'}`
    ]
    return { lines, problems }
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    return { lines: [], problems: [error.message] }
  }
}

function titleOf({ learner }: JournalPlace, verdict: string): string {
  return `${shownText(learner)}: ${verdict}`
}

function factsOf({ firstSequence, lastSequence, records, segments, snapshots, bytes }: JournalReport): string[] {
  const range = records === 0 ? 'no records' : `records ${formatCount(firstSequence)} to ${formatCount(lastSequence)}`
  const isTorn = segments.some(({ state }) => state === 'torn')
  const whole = snapshots.filter(({ state }) => state === 'ok').length
  return [
    `  ${range} in ${count(segments.length, 'file')}, ${formatBytes(bytes)}`,
    `  ${snapshotsText(whole, snapshots.length)}`,
    ...(isTorn ? ['  the end was never finished, as after a crash: nothing acknowledged is lost'] : [])
  ]
}

function snapshotsText(whole: number, all: number): string {
  if (all === 0) return 'no snapshots'
  return whole === all ? `${count(all, 'snapshot')} whole` : `${whole} of ${count(all, 'snapshot')} whole`
}
