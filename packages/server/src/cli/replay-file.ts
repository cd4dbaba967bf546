import { createContender, openReplay, ProgressiveValidation } from '@millrace/engine'
import type { Environment } from './command.ts'
import { type CommandProcess, interrupted } from './command-process.ts'
import { estimateRows } from './estimate-rows.ts'
import type { ReplayOptions } from './replay-options.ts'
import { createReplayProgress } from './replay-progress.ts'
import { replayTelling } from './replay-report.ts'
import { runReplay } from './replay-run.ts'
import { createView, progressTerminal } from './replay-views.ts'
import { unlessAborted } from './until-aborted.ts'

/** What a replay runs in. */
export interface ReplayContext {
  env: Environment
  host: CommandProcess
  signal: AbortSignal
}

/** `millrace replay FILE.csv`; ends early when the signal aborts, showing what there is unless nobody reads it. */
export async function replayFile(options: ReplayOptions, { env, host, signal }: ReplayContext): Promise<void> {
  const { clock } = host
  const { file, seed, limit, rowsPerSecond, output } = options
  const contenders = contendersOf(options)
  const replay = await unlessAborted(openReplay(file, options), signal)
  if (replay === undefined) return
  const validation = new ProgressiveValidation(contenders, { now: clock.now })
  const models = contenders.map(({ name }) => name)
  const view = createView({ output, models, telling: replayTelling, host, env, signal })
  const progress = await createReplayProgress({
    total: async () => Math.min(limit, (await estimateRows(file)) ?? Infinity),
    terminal: progressTerminal({ output, env, host }),
    now: clock.now
  })
  let isComplete = false
  const onPause = async (): Promise<void> => {
    progress.update(validation.rows)
    await view.flush()
  }
  try {
    isComplete = await runReplay({
      replay,
      validation,
      clock,
      signal,
      limit,
      rowsPerSecond,
      onPause,
      onRow: (row, predictions) => view.row(validation.rows, row, predictions)
    })
  } finally {
    progress.clear()
    await view.flush()
  }
  if (signal.aborted && signal.reason !== interrupted) return
  const { rows, comparableFrom } = validation
  const { target, features, ignored, lags } = replay
  await view.finish({
    file,
    target,
    features,
    ignored,
    lags,
    seed,
    rows,
    isComplete,
    comparableFrom,
    elapsedMs: progress.elapsedMs(),
    standings: validation.standings()
  })
}

function contendersOf({ models, configurations, seed, season }: ReplayOptions) {
  return [
    ...models.map(name => createContender(name, { seed, season })),
    ...configurations.map(({ label, name, parameters }) => ({
      ...createContender(name, { seed, season, parameters }),
      name: label
    }))
  ]
}
