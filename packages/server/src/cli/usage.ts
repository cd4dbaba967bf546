import { parseArgs, type ParseArgsConfig } from 'node:util'
import { MillraceError } from '@millrace/common'
import { nearest } from '../nearest.ts'

/** A command was used wrongly; ends the program with exit code 2. */
export function usageError(message: string, cause?: unknown): MillraceError {
  return new MillraceError('MILL_OPTION_INVALID', message, { cause })
}

/**
 * `parseArgs` of Node with errors that are ours.
 * @throws {MillraceError} MILL_OPTION_INVALID
 */
export function parseFlags<Config extends ParseArgsConfig>(config: Config): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config)
  } catch (error) {
    // Node's message names the option; what follows the first sentence is about positionals that begin with a dash.
    throw usageError(error instanceof Error ? error.message.split('. ')[0]! : String(error), error)
  }
}

/**
 * The one of `choices` that `text` names.
 * @param kind what the choices are, for the message: `there is no model lasso, choose one of ...`
 * @throws {MillraceError} MILL_OPTION_INVALID
 */
export function chosen<Choice extends string>(kind: string, text: string, choices: readonly Choice[]): Choice {
  const found = choices.find(choice => choice === text)
  if (found !== undefined) return found
  const meant = nearest(text, choices)
  const hint = meant === undefined ? '' : `; did you mean ${meant}?`
  throw usageError(`there is no ${kind} ${text}, choose one of ${choices.join(', ')}${hint}`)
}
