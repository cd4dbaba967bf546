/** The environment variables of a process, as a command gets them. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What one word after `millrace` does. */
export interface Command {
  /** What `--help` prints. */
  readonly help: string
  /** What `--help` prints after these words, for a command of several parts; undefined for what has no help of its own. */
  helpFor?(words: readonly string[]): string | undefined
  /**
   * Do the work; returns when it is done.
   * @param args what follows the command's name
   * @returns the exit code: 0 done, 1 failed, 2 used wrongly
   */
  run(args: string[], env: Environment): Promise<number>
}

/** A command in the list; loaded when it is wanted, since each brings much code along. */
export interface CommandEntry {
  /** What the user types. */
  readonly name: string
  /** One line for the list of commands, without a full stop. */
  readonly summary: string
  load(): Promise<Command>
}
