import type { Command, Environment } from './command.ts'
import { type CommandProcess, interruptedExitCode, thisProcess, untilStopped } from './command-process.ts'
import { replayFile } from './replay-file.ts'
import { replayLearner } from './replay-learner.ts'
import { replayHelp } from './replay-help.ts'
import { parseReplayOptions } from './replay-options.ts'

/** `millrace replay`: how well would the models have done on a file, or on what a learner was told, row by row? */
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
 *   MILL_JOURNAL_DAMAGED or MILL_STORE_FAILED for a bad journal; MILL_OUTPUT_FAILED when the output cannot be written
 */
export async function runReplayCommand(args: string[], env: Environment, host: CommandProcess): Promise<number> {
  const options = parseReplayOptions(args)
  return await untilStopped(host, async signal => {
    const run = { env, host, signal }
    await ('journal' in options ? replayLearner(options, run) : replayFile(options, run))
    return 0
  })
}
