import type { ModelServer, ModelStatus } from '../serving/model-server.ts'
import { isSameArm } from './definition-change.ts'
import type { Arm, ExperimentDefinition } from './experiment.ts'
import type { DefinitionFault } from './experiments.ts'
import { shown } from './shadow/draft-fields.ts'

/** The part of a model server that knows what there is. */
export type KnownModels = Pick<ModelServer, 'model'>

/**
 * What of a definition is not there: its model, its alias, and versions of its arms that are not served.
 * @param known arms that are not asked about
 */
export function armFaults(
  { model: name, alias, arms }: ExperimentDefinition,
  models: KnownModels,
  known: readonly Arm[] = []
): DefinitionFault[] {
  const model = find(models, name)
  const faults = arms.flatMap((arm, index) => {
    if (known.some(other => isSameArm(arm, other))) return []
    return armFault(arm, index, arm.model === name ? model : find(models, arm.model))
  })
  if (model !== undefined) return [...aliasFaults(alias, model), ...faults]
  return name === '' ? faults : [modelFault(['model'], name), ...faults]
}

function aliasFaults(alias: string, model: ModelStatus): DefinitionFault[] {
  if (alias === 'default' || model.aliases.has(alias)) return []
  const known = [...model.aliases.keys()].toSorted().join(', ')
  const message = `alias must be an alias of model ${model.name}, got ${shown(alias)}; it has ${known}`
  return [{ place: ['alias'], message }]
}

function armFault({ model: name, version }: Arm, index: number, model: ModelStatus | undefined): DefinitionFault[] {
  const place = ['arms', index]
  // Of an arm that could not be read something else is told.
  if (version === '' || name === '') return []
  if (model === undefined) return [modelFault([...place, 'model'], name)]
  const found = model.versions.find(status => status.version === version)
  if (found?.isServed === true) return []
  const why = found === undefined ? 'which it does not have' : `which is not served: ${found.reason}`
  const message = `version must be a version of model ${name} that is served, got ${shown(version)}, ${why}`
  return [{ place: [...place, 'version'], message }]
}

function modelFault(place: readonly (string | number)[], name: string): DefinitionFault {
  return { place, message: `model must be a model that is served, got ${shown(name)}` }
}

function find(models: KnownModels, name: string): ModelStatus | undefined {
  try {
    return models.model(name)
  } catch {
    return undefined
  }
}
