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
  const told = faults.map(({ place, message }) => (place.length === 0 ? message : `${place.join('.')}: ${message}`))
  return new MillraceError('MILL_EXPERIMENT_INVALID', `not a valid experiment: ${told.join('; ')}`, {
    details: { faults }
  })
}
