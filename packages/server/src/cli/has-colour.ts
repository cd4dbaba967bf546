import type { Environment } from './command.ts'

/** Whether colours are wanted, where there is a terminal. @see https://no-color.org */
export function hasColour(env: Environment): boolean {
  return (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb'
}
