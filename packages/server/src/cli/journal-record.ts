import type { LearnCommand, ObservationCommand, SettingsCommand } from '@millrace/engine'
import { numberText, shownText } from './journal-text.ts'

/** A record of a learner's journal, ready to be shown. */
export interface ShownRecord {
  sequence: number
  /** Milliseconds since 1970. */
  time: number
  command: LearnCommand
  /** What became of an observation: `learned`, `repeat` or the code it was refused with; undefined where that is not known. */
  outcome?: string | undefined
  /** The prediction that was scored; undefined where that is not known. */
  prediction?: number | undefined
}

/** What a record is called: a `label` is an observation that came as the label of an earlier prediction. */
export function kindOf(command: LearnCommand): 'settings' | 'observation' | 'label' {
  if (command.kind === 'settings') return 'settings'
  return command.labelled === undefined ? 'observation' : 'label'
}

/** A record whole, as one JSON object without line breaks. */
export function recordJson(record: ShownRecord): string {
  const { sequence, time, command } = record
  const head = { sequence, time: new Date(time).toISOString(), kind: kindOf(command) }
  return JSON.stringify({
    ...head,
    ...(command.kind === 'settings' ? settingsJson(command) : observationJson(command, record))
  })
}

function settingsJson({ learner, parameters, limits }: SettingsCommand): Record<string, unknown> {
  const { featureNames, memoryBytes, ids } = limits
  return { learner, parameters, limits: { feature_names: featureNames, memory_bytes: memoryBytes, ids } }
}

function observationJson(command: ObservationCommand, record: ShownRecord): Record<string, unknown> {
  return {
    // JSON has no undefined: what is not known is left out.
    outcome: record.outcome,
    observation_id: command.observationId,
    prediction_id: command.labelled?.predictionId,
    prediction: predictionOf(command, record),
    target: command.target,
    features: command.features
  }
}

function predictionOf({ labelled }: ObservationCommand, { prediction }: ShownRecord): number | undefined {
  return labelled?.prediction ?? prediction
}

/** How many characters the columns before the facts take, so that lines stand below one another. */
const widths = { sequence: 8, kind: 11, outcome: 7 } as const

/**
 * A record as a line for people.
 * @param width what is beyond it is cut off, with an ellipsis; undefined for the whole line
 */
export function recordLine(record: ShownRecord, width?: number): string {
  const { sequence, time, command, outcome } = record
  const columns = [
    String(sequence).padStart(widths.sequence),
    new Date(time).toISOString(),
    kindOf(command).padEnd(widths.kind),
    (command.kind === 'settings' ? '' : (outcome ?? '-')).padEnd(widths.outcome)
  ]
  const facts = command.kind === 'settings' ? settingsFacts(command) : observationFacts(command, record)
  const line = `${columns.join('  ')}  ${facts.join(' ')}`
  return width === undefined ? line : cut(line, width)
}

function settingsFacts({ learner, parameters, limits }: SettingsCommand): string[] {
  const { featureNames, memoryBytes, ids } = limits
  return [
    shownText(learner),
    ...Object.entries(parameters).map(([name, value]) => `${shownText(name)}=${shownText(String(value))}`),
    `feature_names<=${featureNames} memory_bytes<=${memoryBytes} ids<=${ids}`
  ]
}

function observationFacts(command: ObservationCommand, record: ShownRecord): string[] {
  const { observationId, labelled, target, features } = command
  const prediction = predictionOf(command, record)
  return [
    ...(observationId === undefined ? [] : [`observation_id=${shownText(observationId)}`]),
    ...(labelled === undefined ? [] : [`prediction_id=${shownText(labelled.predictionId)}`]),
    `target=${numberText(target)}`,
    ...(prediction === undefined ? [] : [`prediction=${numberText(prediction)}`]),
    '|',
    ...Object.entries(features).map(([name, value]) => `${shownText(name)}=${numberText(value)}`)
  ]
}

function cut(line: string, width: number): string {
  const characters = Array.from(line)
  return characters.length <= width ? line : `${characters.slice(0, Math.max(0, width - 1)).join('')}…`
}
