import { replayJournal } from '@millrace/engine'
import { type JournalReader, openJournalReader } from '@millrace/store'
import { interrupted, inTurns } from './command-process.ts'
import { journalOf } from './journal-place.ts'
import { lastSequenceOf, recordsUpTo } from './journal-range.ts'
import { journalTelling } from './replay-comparison.ts'
import { journalContenders } from './replay-contenders.ts'
import type { ReplayContext } from './replay-file.ts'
import type { JournalReplayOptions } from './replay-options.ts'
import { createReplayProgress } from './replay-progress.ts'
import { replayScores } from './replay-scores.ts'
import { createView, progressTerminal } from './replay-views.ts'

/** `millrace replay --journal LEARNER`; ends early when the signal aborts, as the replay of a file does. */
export async function replayLearner(options: JournalReplayOptions, context: ReplayContext): Promise<void> {
  const { dataDir, from, to, output } = options
  const { env, host, signal } = context
  const { learner, folder } = journalOf(options.journal, dataDir, env)
  const reader = upTo(openJournalReader(folder), to)
  const { recorded } = replayJournal(reader, [])
  const contenders = journalContenders(options, recorded)
  const replay = replayJournal(
    reader,
    contenders.map(({ contender }) => contender)
  )
  const scores = replayScores(replay, { served: `${recorded.learner} as served`, from })
  const models = scores.standings().map(({ name }) => name)
  const view = createView({ output, models, telling: journalTelling, host, env, signal })
  const progress = await createReplayProgress({
    total: () => Math.min(to, lastSequenceOf(reader)) - replay.after,
    terminal: progressTerminal({ output, env, host }),
    now: host.clock.now
  })
  try {
    for await (const row of inTurns(replay.rows(), { clock: host.clock, signal, onTurn: () => view.flush() })) {
      progress.update(row.sequence - replay.after)
      if (!scores.add(row)) continue
      const label = new Date(row.time).toISOString()
      const slowDown = view.row(row.sequence, { label, target: row.target }, row.predictions)
      if (slowDown !== undefined) await slowDown
    }
  } finally {
    progress.clear()
    await view.flush()
  }
  if (signal.aborted && signal.reason !== interrupted) return
  await view.finish({
    learner,
    recorded,
    after: replay.after,
    first: scores.first,
    last: scores.last,
    rows: scores.rows,
    counts: replay.counts,
    isComplete: !signal.aborted,
    elapsedMs: progress.elapsedMs(),
    standings: scores.standings(),
    comparableFrom: scores.comparableFrom,
    parameters: [recorded.parameters, ...contenders.map(({ parameters }) => parameters)]
  })
}

/** A journal as it was after the record `to`. */
function upTo(reader: JournalReader, to: number): JournalReader {
  return { ...reader, records: from => recordsUpTo(reader, from, to) }
}
