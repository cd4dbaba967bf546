import { MillraceError } from '@millrace/common'
import {
  createContender,
  type LearnerName,
  learnerNames,
  learnerParameters,
  type ParameterValue,
  type SettingsCommand
} from '@millrace/engine'
import { type Configuration, labelFor } from './replay-configurations.ts'
import type { JournalReplayOptions } from './replay-options.ts'

type Parameters = Readonly<Record<string, ParameterValue>>

/** Those that a journal is replayed with, each with all its parameters; a baseline has none. */
export function journalContenders(options: JournalReplayOptions, recorded: SettingsCommand) {
  const { configurations, season } = options
  const name = recorded.learner as LearnerName
  const own: Configuration = { label: labelFor(name, configurations.loose), name, parameters: configurations.loose }
  const list = configurations.list.length === 0 ? [own] : configurations.list
  return list.map(configuration => {
    const { label } = configuration
    const learner = learnerNames.find(other => other === configuration.name)
    if (learner === undefined) {
      return { contender: { ...createContender(configuration.name, { seed: 0, season }), name: label }, parameters: {} }
    }
    const settings = settingsFor(learner, configuration.parameters, { seed: options.seed, recorded })
    return { contender: { label, name: learner, ...settings }, parameters: learnerParameters(learner, settings) }
  })
}

/** A learner of the recorded name begins with the recorded parameters, another one with its defaults. */
function settingsFor(
  name: LearnerName,
  given: Parameters,
  { seed, recorded }: { seed: number | undefined; recorded: SettingsCommand }
): { seed: number; parameters: Parameters } {
  const { seed: recordedSeed, ...rest } = recorded.parameters
  const settings = { seed: seed ?? (typeof recordedSeed === 'number' ? recordedSeed : 42), parameters: given }
  // Said about what was given, before anything is added to it.
  learnerParameters(name, settings)
  if (name !== recorded.learner) return settings
  const unset = Object.entries(rest).filter(entry => !isGiven(name, given, entry))
  return { ...settings, parameters: { ...given, ...Object.fromEntries(unset) } }
}

/** Whether a parameter is among the given ones, by whatever name: it cannot be given twice. */
function isGiven(name: LearnerName, given: Parameters, [parameter, value]: [string, ParameterValue]): boolean {
  if (Object.hasOwn(given, parameter)) return true
  try {
    learnerParameters(name, { seed: 0, parameters: { ...given, [parameter]: value } })
    return false
  } catch (error) {
    if (error instanceof MillraceError) return true
    throw error
  }
}
