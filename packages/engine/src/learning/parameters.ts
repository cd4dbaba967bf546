import { MillraceError, optionError } from '@millrace/common'
import type { ParameterValue } from './learn-command.ts'

/** A parameter of a learner; its range is checked where the learner is made. */
export interface Parameter {
  /** What users of River and of the earlier services call it, and how it is spelled in code. */
  aliases: readonly string[]
  /** Its type is that of every value. */
  default: ParameterValue
}

/** Parameters by name. */
export type Parameters = Readonly<Record<string, Parameter>>

/**
 * All parameters with their values, in the order of `known`.
 * @param owner whose parameters they are, for messages
 * @param given by any name that a parameter goes by; texts are read as numbers and booleans, as a command line has them
 * @throws {MillraceError} MILL_OPTION_INVALID for an unknown name, one given twice or a value of another type
 */
export function parameterValues(
  owner: string,
  known: Parameters,
  given: Readonly<Record<string, ParameterValue>>
): Record<string, ParameterValue> {
  const values = Object.fromEntries(Object.entries(known).map(([name, parameter]) => [name, parameter.default]))
  const seen = new Set<string>()
  for (const [word, value] of Object.entries(given)) {
    const name = nameOf(owner, known, word)
    if (seen.has(name)) throw optionError(word, 'given once', `it twice, as ${name} too`)
    seen.add(name)
    values[name] = typed(word, value, known[name]!.default)
  }
  return values
}

function nameOf(owner: string, known: Parameters, word: string): string {
  const found = Object.entries(known).find(([name, { aliases }]) => name === word || aliases.includes(word))
  if (found !== undefined) return found[0]
  const names = Object.entries(known).map(([name, { aliases }]) => [name, ...aliases].join(' or '))
  throw new MillraceError('MILL_OPTION_INVALID', `${owner} has no parameter ${word}; it has ${names.join(', ')}`, {
    details: { name: word, parameters: Object.keys(known) }
  })
}

function typed(word: string, value: ParameterValue, like: ParameterValue): ParameterValue {
  if (typeof value === typeof like && !Number.isNaN(value)) return value
  if (typeof value === 'string') {
    const text = value.trim()
    if (typeof like === 'number' && text !== '' && Number.isFinite(Number(text))) return Number(text)
    if (typeof like === 'boolean' && /^(true|false)$/i.test(text)) return text.toLowerCase() === 'true'
  }
  throw optionError(word, `a ${typeof like === 'string' ? 'text' : typeof like}`, value)
}
