import type { Command, Environment } from './command.ts'
import { type CommandProcess, thisProcess } from './command-process.ts'
import { journalExport } from './journal-export.ts'
import { journalLs } from './journal-ls.ts'
import type { JournalPart } from './journal-part.ts'
import { journalShow } from './journal-show.ts'
import { journalVerify } from './journal-verify.ts'
import { chosen, usageError } from './usage.ts'

const help = `Usage: millrace journal <ls|show|verify|export> [options]

Looks into the journals of the learners: everything that each of them was told,
in order. Works while services run and on the folder of a backup, needs no lease
and changes nothing.

Parts
  ls       the learners of a data folder
  show     the records of a learner, one a line
  verify   check every byte; with --deep learn it all again and compare
  export   the observations of a learner, as CSV or JSON lines

\`millrace journal show --help\` tells more about show, and so on.

Options of all parts
  --data-dir DIR  the data folder; by default that of MILLRACE_DATA_DIR
  --help          print this

A learner is named by its id, as ls shows it, or by the path of its journal's
folder.

Exit code: 0 done, 1 failed or damaged, 2 used wrongly, 130 stopped by Ctrl-C.
`

const partNames = ['ls', 'show', 'verify', 'export'] as const
const parts: Record<(typeof partNames)[number], JournalPart> = {
  ls: journalLs,
  show: journalShow,
  verify: journalVerify,
  export: journalExport
}

/** `millrace journal`: what have the learners been told, and is it all still there? */
export const journalCommand: Command = {
  help,
  helpFor: ([word]) => partNames.flatMap(name => (name === word ? parts[name].help : []))[0],
  run: (args, env) => runJournalCommand(args, env, thisProcess())
}

/**
 * The command, with the process it runs in as an argument.
 * @returns the exit code
 * @throws {MillraceError} MILL_OPTION_INVALID when it is used wrongly; MILL_JOURNAL_DAMAGED or MILL_STORE_FAILED for
 *   what cannot be read; MILL_OUTPUT_FAILED when the output cannot be written
 */
export async function runJournalCommand(args: string[], env: Environment, host: CommandProcess): Promise<number> {
  const [word, ...rest] = args
  if (word === undefined || word.startsWith('-')) throw usageError(`name a part: ${partNames.join(', ')}`)
  return await parts[chosen('part of journal', word, partNames)].run(rest, env, host)
}
