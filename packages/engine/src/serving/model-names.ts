import { MillraceError } from '@millrace/common'

/** Paths of the protocols end in these words where a model's name could stand. */
const takenNames = new Set(['stats', 'ready', 'index', '.', '..'])

/** Longest name of a model, in UTF-16 code units. */
const longestName = 255

const aliasPattern = /^[a-zA-Z0-9_-]{1,64}$/

/** Why a model of this name cannot be served; undefined for a good name. */
export function nameProblem(name: string): string | undefined {
  if (name === '') return 'the name of a model is empty'
  if (name.length > longestName) return `the name of a model is longer than ${longestName} characters`
  if (takenNames.has(name)) return `a model cannot be called ${name}, which is part of the paths of the API`
  // eslint-disable-next-line no-control-regex
  if (/[/\\\u0000-\u001f\u007f]/.test(name)) return 'the name of a model has a slash or a control character'
  return undefined
}

/** @throws {MillraceError} MILL_OPTION_INVALID unless `alias` is 1 to 64 letters, digits, `_` or `-` */
export function checkAlias(alias: string): void {
  if (aliasPattern.test(alias)) return
  const shown = alias.length > 64 ? `${alias.slice(0, 64)}…` : alias
  throw new MillraceError('MILL_OPTION_INVALID', `alias must be 1 to 64 of a-z, A-Z, 0-9, _ and -, got ${shown}`)
}
