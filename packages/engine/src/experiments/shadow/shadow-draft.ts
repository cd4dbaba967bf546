import type { ModelServer } from '../../serving/model-server.ts'
import { DraftFields, idOf, shown } from './draft-fields.ts'
import type { ShadowDefinition } from './shadow.ts'

const known = [
  'id',
  'model',
  'version',
  'candidateModel',
  'candidate',
  'share',
  'queueLimit',
  'absoluteTolerance',
  'relativeTolerance'
] as const

/**
 * What a shadow is to be. Left out may be the id (made of model and candidate), the version (every one), the model of the
 * candidate (the same), the share (1), the limit of the queue (100) and the tolerances (1e-6 absolute and 1e-4 relative:
 * what single precision and another order of summing leave).
 * @returns the definition, which is good for nothing when there are faults
 */
export function readShadowDraft(
  draft: Readonly<Record<string, unknown>>,
  models: Pick<ModelServer, 'models'>
): { definition: ShadowDefinition; faults: DraftFields['faults'] } {
  const fields = new DraftFields(draft, known)
  const model = fields.text('model')
  const candidate = fields.text('candidate')
  const definition: ShadowDefinition = {
    id: fields.id('id', idOf(model, candidate)),
    model,
    version: fields.optionalText('version'),
    candidateModel: fields.text('candidateModel', model === '' ? '-' : model),
    candidate,
    share: fields.number('share', { least: 0, most: 1, fallback: 1 }),
    queueLimit: fields.number('queueLimit', { least: 1, most: 10_000, fallback: 100, isWhole: true }),
    absoluteTolerance: fields.number('absoluteTolerance', { least: 0, most: 1e100, fallback: 1e-6 }),
    relativeTolerance: fields.number('relativeTolerance', { least: 0, most: 1, fallback: 1e-4 })
  }
  checkModels(fields, definition, models)
  return { definition, faults: fields.faults }
}

function checkModels(fields: DraftFields, definition: ShadowDefinition, models: Pick<ModelServer, 'models'>): void {
  const { model, version, candidateModel, candidate } = definition
  const served = new Map(models.models().map(({ name, versions }) => [name, versions]))
  const isServed = (name: string, wanted: string): boolean =>
    served.get(name)?.some(one => one.version === wanted && one.isServed) === true
  if (model === '' || candidate === '') return
  if (!served.has(model)) fields.refuse(['model'], `must be a model that is served, got ${shown(model)}`)
  else if (version !== undefined && !isServed(model, version)) {
    fields.refuse(['version'], `must be a version of ${model} that is served, got ${shown(version)}`)
  }
  if (!served.has(candidateModel)) {
    if (candidateModel !== model) {
      fields.refuse(['candidateModel'], `must be a model that is served, got ${shown(candidateModel)}`)
    }
  } else if (!isServed(candidateModel, candidate)) {
    fields.refuse(['candidate'], `must be a version of ${candidateModel} that is served, got ${shown(candidate)}`)
  }
  if (candidateModel === model && candidate === version) {
    fields.refuse(['candidate'], `must be another version than ${shown(version)}, which answers`)
  }
}
