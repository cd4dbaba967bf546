import { MillraceError } from '@millrace/common'
import { isObject, jsonFaults } from './check-json.ts'
import { metadataSchema } from './metadata-schema.ts'
import type { FeatureMetadata, ModelMetadata } from './model-metadata.ts'

/** Of a version that has no `metadata.json`. */
export const noMetadata: ModelMetadata = { features: [], classNames: [], metrics: {}, outputs: {}, raw: {} }

/** The keys of a file that has passed its schema. */
interface CheckedMetadata {
  model_name?: string
  version?: string
  name?: string
  description?: string
  model_type?: string
  created_at?: string
  sha256?: string
  features?: (string | FeatureMetadata)[]
  input_features?: (string | FeatureMetadata)[]
  class_names?: string[]
  output_classes?: number | string[]
  accuracy?: number
  metrics?: Record<string, unknown>
  outputs?: ModelMetadata['outputs']
}

/**
 * Read what a `metadata.json` says. `features` may be called `input_features`, `class_names` may stand under
 * `output_classes`, and `accuracy` under `metrics`.
 * @param text of the file
 * @param file names it in the error
 * @throws {MillraceError} MILL_MODEL_INVALID with all `faults` among its details
 */
export function parseMetadata(text: string, file: string): ModelMetadata {
  const raw = parseObject(text, file)
  refuse(file, jsonFaults(metadataSchema, raw))
  const checked = raw as CheckedMetadata
  const features = (checked.features ?? checked.input_features ?? []).map(toFeature)
  const classNames = checked.class_names ?? (Array.isArray(checked.output_classes) ? checked.output_classes : [])
  refuse(file, [...featureFaults(features), ...classFaults(classNames, checked.output_classes)])
  const metrics = Object.entries(checked.metrics ?? {}).filter(entry => typeof entry[1] === 'number')
  const { accuracy = checked.metrics?.['accuracy'] } = checked
  return {
    modelName: checked.model_name,
    version: checked.version,
    name: checked.name,
    description: checked.description,
    modelType: checked.model_type,
    createdAt: checked.created_at,
    sha256: checked.sha256?.toLowerCase(),
    features,
    classNames,
    accuracy: typeof accuracy === 'number' ? accuracy : undefined,
    metrics: Object.fromEntries(metrics) as Record<string, number>,
    outputs: toOutputs(checked.outputs),
    raw
  }
}

/** A file that holds one JSON object. @throws {MillraceError} MILL_MODEL_INVALID */
export function parseObject(text: string, file: string): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw invalidFile(file, [`is not JSON: ${error instanceof Error ? error.message : String(error)}`])
  }
  if (!isObject(value)) throw invalidFile(file, ['must hold an object'])
  return value
}

/** @throws {MillraceError} MILL_MODEL_INVALID if there are faults */
export function refuse(file: string, faults: readonly string[]): void {
  if (faults.length > 0) throw invalidFile(file, faults)
}

function invalidFile(file: string, faults: readonly string[]): MillraceError {
  return new MillraceError('MILL_MODEL_INVALID', `${file}: ${faults.join('; ')}`, { details: { file, faults } })
}

function toFeature(feature: string | FeatureMetadata): FeatureMetadata {
  if (typeof feature === 'string') return { name: feature }
  const { name, min, max, description } = feature
  return { name, min, max, description }
}

function toOutputs({ prediction, probabilities, low, high }: ModelMetadata['outputs'] = {}): ModelMetadata['outputs'] {
  return { prediction, probabilities, low, high }
}

/** What a schema cannot say of features. */
function featureFaults(features: readonly FeatureMetadata[]): string[] {
  const seen = new Set<string>()
  return features.flatMap(({ name, min = -Infinity, max = Infinity }, index) => {
    const faults = seen.has(name) ? [`features[${index}] repeats the name ${JSON.stringify(name)}`] : []
    seen.add(name)
    return min > max ? [...faults, `features[${index}].min must be <= its max ${max}, got ${min}`] : faults
  })
}

function classFaults(classNames: readonly string[], classes: number | string[] | undefined): string[] {
  if (typeof classes !== 'number' || classNames.length === 0 || classNames.length === classes) return []
  return [`class_names must have ${classes} entries, as output_classes says, got ${classNames.length}`]
}
