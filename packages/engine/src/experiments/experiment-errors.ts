import { MillraceError } from '@millrace/common'
import type { DefinitionFault } from './experiments.ts'

/** Nobody has made an experiment or canary of this id, or it was removed. */
export function unknownExperiment(id: string): MillraceError {
  return new MillraceError('MILL_EXPERIMENT_NOT_FOUND', `there is no experiment ${id}`, { details: { experiment: id } })
}

/** There is one of this id. */
export function experimentExists(id: string): MillraceError {
  return new MillraceError('MILL_EXPERIMENT_EXISTS', `there is an experiment ${id} already`, {
    details: { experiment: id }
  })
}

/** It is in a state in which that cannot be done. */
export function wrongState(id: string, reason: string): MillraceError {
  return new MillraceError('MILL_EXPERIMENT_STATE', `experiment ${id} ${reason}`, { details: { experiment: id } })
}

/** Somebody else changed it since. @param revision that it has by now */
export function revisionConflict(id: string, known: number, revision?: number): MillraceError {
  const message =
    known === 0 ? `there is an experiment ${id} already` : `experiment ${id} is not at revision ${known} any more`
  return new MillraceError('MILL_REVISION_CONFLICT', message, { details: { experiment: id, revision } })
}

/** What somebody wants to configure is wrong. The message names every fault, `details.faults` has them all. */
export function invalidExperiment(faults: readonly DefinitionFault[]): MillraceError {
  return new MillraceError('MILL_EXPERIMENT_INVALID', `not a valid experiment: ${faults.map(told).join('; ')}`, {
    details: { faults }
  })
}

/** A fault with its place, of which its message may name the end or all. */
function told({ place, message }: DefinitionFault): string {
  const begin = place.findIndex((_, index) => message.startsWith(`${place.slice(index).join('.')} `))
  const unsaid = begin === -1 ? place : place.slice(0, begin)
  if (unsaid.length === 0) return message
  return begin === -1 ? `${unsaid.join('.')}: ${message}` : `${unsaid.join('.')}.${message}`
}
