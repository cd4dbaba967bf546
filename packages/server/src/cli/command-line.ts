import type { Writable } from 'node:stream'
import { MillraceError } from '@millrace/common'
import { version } from '../version.ts'
import type { CommandEntry, Environment } from './command.ts'
import { print } from './print.ts'
import { chosen, parseFlags } from './usage.ts'

/** Where the program writes: `process` is one. */
export interface CommandLineOutput {
  stdout: Writable
  stderr: Writable
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
    if (first === undefined || first.startsWith('-')) return await general(args, commands, output)
    const names = commands.map(({ name }) => name)
    const name = chosen('command', first, names)
    const command = await commands[names.indexOf(name)]!.load()
    if (!rest.includes('--help') && !rest.includes('-h')) return await command.run(rest, env)
    await print(output.stdout, command.helpFor?.(rest.filter(word => !word.startsWith('-'))) ?? command.help)
    return 0
  } catch (error) {
    if (!(error instanceof MillraceError)) throw error
    // Where even this cannot be written, the exit code has to do.
    output.stderr.write(errorText(error))
    return error.code === 'MILL_OPTION_INVALID' ? 2 : 1
  }
}

/** One line; where there are several problems, one line each. */
function errorText({ code, message, details }: MillraceError): string {
  const problems: unknown = details['problems']
  if (!Array.isArray(problems) || problems.length < 2) return `millrace: ${code}: ${message}\n`
  return `millrace: ${code}: ${problems.length} problems\n${problems.map(problem => `  ${problem}\n`).join('')}`
}

/** The program without a command: help and version. */
async function general(
  args: string[],
  commands: readonly CommandEntry[],
  { stdout, stderr }: CommandLineOutput
): Promise<number> {
  const { values } = parseFlags({
    args,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      version: { type: 'boolean', short: 'v', default: false }
    }
  })
  const isAsked = values.version || values.help
  await print(isAsked ? stdout : stderr, values.version ? `${version}\n` : helpText(commands))
  return isAsked ? 0 : 2
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
