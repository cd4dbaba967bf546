import { MillraceError } from '@millrace/common'
import { nearest } from '../nearest.ts'
import { version } from '../version.ts'
import type { Command, Environment } from './command.ts'
import { parseFlags, usageError } from './usage.ts'

/** A command in the list; loaded when it is wanted, since each brings much code along. */
export interface CommandEntry extends Pick<Command, 'name' | 'summary'> {
  load(): Promise<Command>
}

/** Where the program writes. */
export interface CommandLineOutput {
  out(text: string): void
  err(text: string): void
}

/**
 * Run the command that `args` name.
 * @returns the exit code: 0 done, 1 failed, 2 used wrongly
 */
export async function runCommandLine(
  args: string[],
  env: Environment,
  { commands, output }: { commands: readonly CommandEntry[]; output: CommandLineOutput }
): Promise<number> {
  try {
    const [first, ...rest] = args
    if (first === undefined || first.startsWith('-')) return general(args, commands, output)
    const command = await commandNamed(first, commands).load()
    return await command.run(rest, env)
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    output.err(`millrace: ${error.code}: ${error.message}\n`)
    return error.code === 'MILL_OPTION_INVALID' ? 2 : 1
  }
}

/** The program without a command: help and version. */
function general(args: string[], commands: readonly CommandEntry[], output: CommandLineOutput): number {
  const { values } = parseFlags({
    args,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      version: { type: 'boolean', short: 'v', default: false }
    }
  })
  if (values.version) {
    output.out(`${version}\n`)
    return 0
  }
  if (values.help) {
    output.out(helpText(commands))
    return 0
  }
  output.err(helpText(commands))
  return 2
}

function helpText(commands: readonly CommandEntry[]): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  const list = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
  return `Usage: millrace <command> [options]

Serves models that keep learning.

Commands
${list.join('\n')}

Options
  --help     print this; after a command, its own help
  --version  print the version
`
}

function commandNamed(name: string, commands: readonly CommandEntry[]): CommandEntry {
  const found = commands.find(command => command.name === name)
  if (found !== undefined) return found
  const names = commands.map(command => command.name)
  const meant = nearest(name, names)
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  throw usageError(`there is no command ${name}, choose one of ${names.join(', ')}${hint}`)
}
