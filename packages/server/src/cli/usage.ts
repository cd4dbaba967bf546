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
    // Node's message names the option, and may go on about positionals that begin with a dash.
    const message = error instanceof Error ? error.message.split('. To specify a positional')[0]! : String(error)
    throw usageError(message.replaceAll('\n', ' '), error)
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

/**
 * The integer that an option was given.
 * @param name of the option, without the dashes
 * @throws {MillraceError} MILL_OPTION_INVALID
 */
export function integerOption(
  name: string,
  text: string,
  lowest: number,
  highest: number = Number.MAX_SAFE_INTEGER
): number {
  const value = /^\d+$/.test(text) ? Number(text) : NaN
  if (value >= lowest && value <= highest) return value
  const range = highest === Number.MAX_SAFE_INTEGER ? `>= ${lowest}` : `from ${lowest} to ${highest}`
  throw usageError(`--${name} must be an integer ${range}, got ${text}`)
}

/**
 * The one learner that was named.
 * @throws {MillraceError} MILL_OPTION_INVALID
 */
export function oneLearner([learner, ...more]: readonly string[]): string {
  if (learner === undefined || learner === '') throw usageError('name the learner; millrace journal ls lists them')
  if (more.length > 0) throw usageError(`one learner at a time, got also ${more.join(' ')}`)
  return learner
}
