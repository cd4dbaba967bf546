import { type ContenderName, contenderNames, learnerParameters, learnerNames } from '@millrace/engine'
import { chosen, usageError } from './usage.ts'

/** One learner or baseline that a replay is to run, as the command line has it. */
export interface Configuration {
  /** Under which it stands in tables: its name, and what is set. */
  label: string
  name: ContenderName
  /** What is set apart from the defaults, by the names that were given. */
  parameters: Readonly<Record<string, string>>
}

/** What `--model` and `--set` came to. */
export interface Configurations {
  list: readonly Configuration[]
  /** What was set without any `--model`. */
  loose: Readonly<Record<string, string>>
}

/** An option as `parseArgs` meets it. */
interface Token {
  kind: string
  name?: string
  value?: string | undefined
}

/**
 * Read `--model NAME` and the `--set NAME=VALUE` behind each of them.
 * @throws {MillraceError} MILL_OPTION_INVALID for a `--set` before the first of several models, for unknown names, and
 *   for settings that the model does not have
 */
export function parseConfigurations(tokens: readonly Token[]): Configurations {
  const models: { name: ContenderName; parameters: Record<string, string> }[] = []
  const loose: Record<string, string> = {}
  for (const { kind, name, value = '' } of tokens) {
    if (kind !== 'option') continue
    if (name === 'model') models.push({ name: chosen('model', value, contenderNames), parameters: {} })
    if (name === 'set') addSetting(models.at(-1)?.parameters ?? loose, value)
  }
  const [first] = Object.entries(loose)
  if (models.length > 0 && first !== undefined) {
    throw usageError(`--set ${first.join('=')} must come after the --model that it is for`)
  }
  const list = models.map(({ name, parameters }) => ({ label: labelFor(name, parameters), name, parameters }))
  const twice = list.find(({ label }, index) => list.findIndex(other => other.label === label) !== index)
  if (twice !== undefined) throw usageError(`--model ${twice.label} is given twice`)
  for (const configuration of list) checkParameters(configuration)
  return { list, loose }
}

function addSetting(parameters: Record<string, string>, text: string): void {
  const [, name, value] = /^([^=]+)=(.*)$/s.exec(text) ?? []
  if (name === undefined || value === undefined) throw usageError(`--set must be NAME=VALUE, got ${text}`)
  if (Object.hasOwn(parameters, name)) throw usageError(`--set ${name} is given twice for one model`)
  Object.defineProperty(parameters, name, { value, enumerable: true })
}

/** A model's name with what is set. */
export function labelFor(name: string, parameters: Readonly<Record<string, string>>): string {
  return [name, ...Object.entries(parameters).map(entry => entry.join('='))].join(' ')
}

/** Said at once, before anything is read. @throws {MillraceError} MILL_OPTION_INVALID */
function checkParameters({ name, parameters }: Configuration): void {
  const learner = learnerNames.find(other => other === name)
  if (learner !== undefined) learnerParameters(learner, { seed: 0, parameters })
  else if (Object.keys(parameters).length > 0) throw usageError(`${name} has no settings`)
}
