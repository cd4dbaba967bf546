import { formatCount } from '../terminal/number-format.ts'
import { createBackup } from './backup-create.ts'
import type { BackupManifest } from './backup-manifest.ts'
import { verifyBackup } from './backup-verify.ts'
import type { Command, Environment } from './command.ts'
import { type CommandProcess, thisProcess, untilStopped } from './command-process.ts'
import { dataFolder } from './journal-place.ts'
import { formatBytes, shownText } from './journal-text.ts'
import { print } from './print.ts'
import { parseFlags, usageError } from './usage.ts'

const help = `Usage: millrace backup FOLDER [--data-dir DIR]
       millrace backup --verify FOLDER

Backs up a data folder while services use it: series, position in the stream,
registry and pending predictions, then the journal and the newest snapshots of
every learner, then what experiments measured. FOLDER appears only when
everything in it is on the disk and has been read back and checked. With
--verify, checks a backup that was made before.

Options
  --data-dir DIR  the data folder; by default that of MILLRACE_DATA_DIR
  --verify        check FOLDER from end to end, and change nothing
  --help          print this

FOLDER must not exist, or be empty. \`millrace restore FOLDER\` brings a backup
back; \`millrace journal\` and \`millrace replay --journal\` read it as it is.

Exit code: 0 done, 1 failed or not a whole backup, 2 used wrongly, 130 stopped
by Ctrl-C, with nothing left behind.
`

/** `millrace backup`: a copy of everything that is kept. */
export const backupCommand: Command = {
  help,
  run: (args, env) => runBackupCommand(args, env, thisProcess())
}

/**
 * The command, with the process it runs in as an argument.
 * @returns the exit code
 * @throws {MillraceError} MILL_OPTION_INVALID when it is used wrongly; MILL_BACKUP_INVALID; MILL_STORE_FAILED
 */
export async function runBackupCommand(args: string[], env: Environment, host: CommandProcess): Promise<number> {
  const { values, positionals } = parseFlags({
    args,
    options: { 'data-dir': { type: 'string' }, verify: { type: 'boolean', default: false } },
    allowPositionals: true
  })
  const folder = oneFolder(positionals, values.verify ? 'to verify' : 'to make')
  if (values.verify && values['data-dir'] !== undefined) throw usageError('--verify and --data-dir exclude each other')
  return await untilStopped(host, async signal => {
    const options = { clock: host.clock, signal }
    const done = values.verify
      ? { verb: 'Whole', manifest: await verifyBackup(folder, options) }
      : {
          verb: 'Backed up and verified',
          manifest: await createBackup({
            dataDir: dataFolder(values['data-dir'], env),
            folder,
            now: Date.now(),
            ...options
          })
        }
    await print(host.stdout, `${done.verb}: ${folder}\n${manifestLines(done.manifest).join('\n')}\n`)
    return 0
  })
}

/**
 * The one folder of a backup that was named.
 * @param purpose what it is for, for the message
 * @throws {MillraceError} MILL_OPTION_INVALID
 */
export function oneFolder([folder, ...more]: readonly string[], purpose: string): string {
  if (folder === undefined || folder === '') throw usageError(`name the folder of the backup ${purpose}`)
  if (more.length > 0) throw usageError(`one folder at a time, got also ${more.join(' ')}`)
  return folder
}

/** What is in a backup, for people. */
export function manifestLines({ created_at, millrace, learners, files }: BackupManifest): string[] {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  const parts = [`${formatCount(files.length)} file${files.length === 1 ? '' : 's'}`, formatBytes(bytes)]
  return [
    `  ${parts.join(', ')}, of ${created_at} by Millrace ${millrace}`,
    ...learners.map(({ id, last_sequence }) => `  learner ${shownText(id)} at record ${formatCount(last_sequence)}`)
  ]
}
