import type { Environment } from './command.ts'
import type { CommandProcess } from './command-process.ts'

/** One of the things that `millrace journal` does. */
export interface JournalPart {
  /** What `--help` prints. */
  readonly help: string
  /** @param args what follows the part's name; returns the exit code */
  run(args: string[], env: Environment, host: CommandProcess): Promise<number>
}
