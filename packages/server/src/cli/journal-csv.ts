import type { ObservationCommand } from '@millrace/engine'
import { csvField } from './csv-output.ts'
import { numberText } from './journal-text.ts'

/** Columns of an export that are not features. */
const ownColumns = ['sequence', 'time', 'observation_id', 'prediction_id', 'target'] as const

/** An observation as it stands in the journal. */
export interface ExportedObservation {
  sequence: number
  /** Milliseconds since 1970. */
  time: number
  observation: ObservationCommand
}

/**
 * Lays out observations as a table that `millrace replay` takes for what it is: `target` is the target, the features are
 * its only other columns of numbers. Gathers the columns first; memory grows with the names of features only.
 */
export class JournalCsv {
  /** In the order of their first appearance, in which a learner comes to know them too. */
  readonly #features = new Set<string>()
  #hasObservationIds = false
  #hasPredictionIds = false

  /** Tell the table what it will have to hold. */
  gather({ observationId, labelled, features }: ObservationCommand): void {
    for (const name of Object.keys(features)) this.#features.add(name)
    if (observationId !== undefined) this.#hasObservationIds = true
    if (labelled !== undefined) this.#hasPredictionIds = true
  }

  /** The names of the columns, as fields of a line of CSV. */
  header(): string[] {
    return [
      'sequence',
      'time',
      ...(this.#hasObservationIds ? ['observation_id'] : []),
      ...(this.#hasPredictionIds ? ['prediction_id'] : []),
      ...columnNames([...this.#features]).map(csvField),
      'target'
    ]
  }

  /** The fields of an observation that was gathered. */
  row({ sequence, time, observation }: ExportedObservation): string[] {
    const { observationId, labelled, features, target } = observation
    const fields = [`#${sequence}`, new Date(time).toISOString()]
    if (this.#hasObservationIds) fields.push(idField(observationId))
    if (this.#hasPredictionIds) fields.push(idField(labelled?.predictionId))
    for (const name of this.#features) fields.push(Object.hasOwn(features, name) ? numberText(features[name]!) : '')
    fields.push(numberText(target))
    return fields
  }
}

/** No id, as a cell. An empty cell could be a feature that is missing. */
const noId = '-'

/** An id as a cell that nobody takes for a number, and from which it can be told: as a JSON text if need be. */
function idField(id: string | undefined): string {
  if (id === undefined) return noId
  const isPlain = Number.isNaN(Number(id)) && id !== noId && id.trim() === id && !/^"|[\p{Cc}\p{Cs}]/u.test(id)
  return csvField(isPlain ? id : JSON.stringify(id))
}

/**
 * A column name for each feature: its own one where a CSV file can have it and no other column does; otherwise with
 * `feature:` in front, and a number behind if need be.
 */
export function columnNames(features: readonly string[]): string[] {
  const taken = new Set<string>([...ownColumns, ...features.filter(isUsable)])
  return features.map(feature => {
    if (isUsable(feature)) return feature
    const base = `feature:${feature.trim().toWellFormed()}`
    let name = base
    for (let number = 2; taken.has(name); number++) name = `${base}:${number}`
    taken.add(name)
    return name
  })
}

function isUsable(feature: string): boolean {
  const isOwn = (ownColumns as readonly string[]).includes(feature)
  return !isOwn && feature !== '' && feature.trim() === feature && feature.isWellFormed()
}
