import { damaged } from './byte-reader.ts'
import type { LearnerLimits, ParameterValue, SettingsCommand } from './learn-command.ts'

/** Settings as JSON, in one way only. */
export function settingsText({ learner, parameters, limits }: SettingsCommand): string {
  const { featureNames, memoryBytes, ids } = limits
  return JSON.stringify({ learner, parameters, limits: { featureNames, memoryBytes, ids } })
}

/** @throws {MillraceError} MILL_JOURNAL_DAMAGED for a text that {@link settingsText} does not make */
export function readSettings(text: string): SettingsCommand {
  const { learner, parameters, limits } = parsed(text)
  if (typeof learner !== 'string' || !isRecord(parameters) || !isRecord(limits)) throw damaged('settings are missing')
  if (!Object.values(parameters).every(isParameter)) throw damaged('a parameter is neither number, boolean nor text')
  const { featureNames, memoryBytes, ids } = limits
  if (![featureNames, memoryBytes, ids].every(isLimit)) throw damaged('a limit is not an integer >= 1')
  const settings: SettingsCommand = {
    kind: 'settings',
    learner,
    parameters: parameters as Record<string, ParameterValue>,
    limits: { featureNames, memoryBytes, ids } as LearnerLimits
  }
  if (settingsText(settings) !== text) throw damaged('settings are written in another way')
  return settings
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (isRecord(value)) return value
  } catch {
    // Not JSON: said below.
  }
  throw damaged('settings are not a JSON object')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isParameter(value: unknown): value is ParameterValue {
  return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string'
}

function isLimit(value: unknown): boolean {
  return Number.isSafeInteger(value) && Number(value) >= 1
}
