import { parseConfig } from '../config.ts'
import { manifestLines, oneFolder } from './backup.ts'
import type { Command, Environment } from './command.ts'
import { type CommandProcess, thisProcess, untilStopped } from './command-process.ts'
import { print } from './print.ts'
import { restoreBackup } from './restore-backup.ts'
import { parseFlags } from './usage.ts'

const help = `Usage: millrace restore FOLDER [--data-dir DIR] [--force]

Brings back what \`millrace backup\` has put into FOLDER, after checking all of
it. The data folder is made aside and moved into place as a whole, so that there
is never a part of it. Stop all services that use the data folder first.

Options
  --data-dir DIR  the data folder; by default that of MILLRACE_DATA_DIR
  --force         move a data folder that is not empty aside, and say where to
  --help          print this

Exit code: 0 done, 1 failed or not a whole backup, 2 used wrongly, 130 stopped
by Ctrl-C, with nothing changed.
`

/** `millrace restore`: a data folder as it was. */
export const restoreCommand: Command = {
  help,
  run: (args, env) => runRestoreCommand(args, env, thisProcess())
}

/**
 * The command, with the process it runs in as an argument.
 * @returns the exit code
 * @throws {MillraceError} MILL_OPTION_INVALID when it is used wrongly; MILL_BACKUP_INVALID; MILL_WRITER_TAKEN;
 *   MILL_STORE_FAILED
 */
export async function runRestoreCommand(args: string[], env: Environment, host: CommandProcess): Promise<number> {
  const { values, positionals } = parseFlags({
    args,
    options: { 'data-dir': { type: 'string' }, force: { type: 'boolean', default: false } },
    allowPositionals: true
  })
  const folder = oneFolder(positionals, 'to restore')
  const dataDir = values['data-dir'] ?? parseConfig(env).dataDir
  return await untilStopped(host, async signal => {
    const options = { clock: host.clock, signal }
    const { manifest, movedTo } = await restoreBackup({ folder, dataDir, isForced: values.force, ...options })
    const moved = movedTo === undefined ? [] : [`  what was there before is now ${movedTo}`]
    await print(host.stdout, `${[`Restored: ${dataDir}`, ...manifestLines(manifest), ...moved].join('\n')}\n`)
    return 0
  })
}
