import { createContender, openReplay, ProgressiveValidation } from '@millrace/engine'
import type { Command, Environment } from './command.ts'
import { type CommandProcess, interrupted, interruptedExitCode, thisProcess, untilStopped } from './command-process.ts'
import { hasColour } from './has-colour.ts'
import { createReplayProgress } from './replay-progress.ts'
import { parseReplayOptions, replayHelp, type ReplayOptions } from './replay-options.ts'
import { runReplay } from './replay-run.ts'
import { csvView, jsonView, type ReplayView, textView } from './replay-views.ts'
import { unlessAborted } from './until-aborted.ts'

/** `millrace replay`: how well would the models have done on a file, row by row? */
export const replayCommand: Command = {
  help: replayHelp,
  async run(args, env) {
    const code = await runReplayCommand(args, env, thisProcess())
    // A read from a silent pipe cannot be taken back; it would hold up even process.exit. End as an interrupt ends.
    if (code === interruptedExitCode) process.kill(process.pid, 'SIGINT')
    return code
  }
}

/**
 * The command, with the process it runs in as an argument.
 * @returns the exit code
 * @throws {MillraceError} MILL_OPTION_INVALID when it is used wrongly; MILL_DATA_INVALID for a bad file;
 *   MILL_OUTPUT_FAILED when the output cannot be written
 */
export async function runReplayCommand(args: string[], env: Environment, host: CommandProcess): Promise<number> {
  const options = parseReplayOptions(args)
  return await untilStopped(host, async signal => {
    await replayFile(options, env, host, signal)
    return 0
  })
}

async function replayFile(options: ReplayOptions, env: Environment, host: CommandProcess, signal: AbortSignal) {
  const { clock } = host
  const { file, seed, season, limit, rowsPerSecond } = options
  const contenders = options.models.map(name => createContender(name, { seed, season }))
  const replay = await unlessAborted(openReplay(file, options), signal)
  if (replay === undefined) return
  const validation = new ProgressiveValidation(contenders, { now: clock.now })
  const view = createView(options, env, host, signal)
  const progress = await createReplayProgress({
    file,
    limit,
    terminal: progressTerminal(options, env, host),
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

function createView(options: ReplayOptions, env: Environment, host: CommandProcess, signal: AbortSignal): ReplayView {
  if (options.output === 'json') return jsonView(host.stdout)
  if (options.output === 'csv') return csvView(host, options.models, signal)
  return textView(host.stdout, options.models, host.stdout.isTTY === true && hasColour(env))
}

/** The terminal for a progress bar, unless there is none or it shows the rows themselves. */
function progressTerminal({ output }: ReplayOptions, env: Environment, { stdout, stderr }: CommandProcess) {
  if (stderr.isTTY !== true || env['TERM'] === 'dumb') return undefined
  return output === 'csv' && stdout.isTTY === true ? undefined : stderr
}
