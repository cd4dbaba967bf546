import {
  byName,
  type FileReader,
  type FoundFile,
  type FoundModel,
  type FoundRepository,
  type FoundVersion,
  isListedName
} from './found-model.ts'
import { faultOf, isPickled, type JudgedVersion, judgeVersion, longestJson, stampOf, tooLong } from './judge-version.ts'
import { mapGently } from './map-gently.ts'
import type { ModelConfig } from './model-config.ts'
import type { SourcedModel } from './model-source.ts'
import { noModelConfig, parseModelConfig } from './parse-model-config.ts'

/** A model, and what is needed to hand out its versions. */
export interface DescribedModel {
  readonly sourced: SourcedModel
  readonly versions: readonly JudgedVersion[]
}

/**
 * Read and judge all that was found; models in the order of their names.
 * @param before what was described the last time: a version that was whole and looks the same is not read again
 */
export async function describeRepository(
  found: FoundRepository,
  reader: FileReader,
  before: readonly DescribedModel[] = []
): Promise<DescribedModel[]> {
  const known = new Map(before.map(model => [model.sourced.name, model]))
  // A folder without versions is no model: it may hold anything.
  const present = found.models.filter(model => model.versions.length > 0 || model.problem !== undefined)
  const models = await mapGently(present, model => describeModel(model, reader, known.get(model.name)))
  const flat = await describeFlat(found.files, reader, found.unnamed)
  const isNew = flat !== undefined && !models.some(model => model.sourced.name === flat.sourced.name)
  return (isNew ? [...models, flat] : models).toSorted((one, other) => byName(one.sourced, other.sourced))
}

async function describeModel(
  found: FoundModel,
  reader: FileReader,
  before: DescribedModel | undefined
): Promise<DescribedModel> {
  const { config, problem } = await readConfig(found.config, reader)
  const whole = new Map(before?.versions.map(one => [one.sourced.version, one]))
  const versions = await mapGently(found.versions, version => rejudge(version, reader, whole.get(version.version)))
  const sourced = {
    name: found.name,
    config,
    configProblem: found.problem ?? problem,
    versions: versions.map(version => version.sourced),
    isFlat: false
  }
  return { sourced, versions }
}

async function rejudge(
  found: FoundVersion,
  reader: FileReader,
  before: JudgedVersion | undefined
): Promise<JudgedVersion> {
  const isSame = before?.sourced.state === 'whole' && before.sourced.stamp === stampOf(found.files)
  return isSame ? before : judgeVersion(found, reader)
}

async function readConfig(
  file: FoundFile | undefined,
  reader: FileReader
): Promise<{ config: ModelConfig; problem: string | undefined }> {
  if (file === undefined) return { config: noModelConfig, problem: undefined }
  try {
    if (file.bytes > longestJson) throw tooLong(file)
    return { config: parseModelConfig(await reader.text(file), file.name), problem: undefined }
  } catch (error) {
    return { config: noModelConfig, problem: faultOf(error) }
  }
}

/**
 * A lone ONNX file, the first in the order of names, is a model of one version. Its metadata name both; else the file
 * names the model, and the version is `1`.
 * @param files that lie beside each other
 * @param unnamed the version without metadata
 */
export async function describeFlat(
  files: readonly FoundFile[],
  reader: FileReader,
  unnamed = '1'
): Promise<DescribedModel | undefined> {
  const main = files.find(file => /\.onnx$/i.test(file.name))
  if (main === undefined) return describePickled(files, reader, unnamed)
  const named = (name: string): FoundFile | undefined => files.find(file => file.name === name)
  const metadata = named('model_metadata.json') ?? named('metadata.json')
  const data = files.filter(({ name }) => name === `${main.name}.data` || name === `${main.name}_data`)
  const own = [main, ...data, ...(metadata === undefined ? [] : [metadata])].toSorted(byName)
  const judged = await judgeVersion({ version: unnamed, files: own }, reader, { main, kind: 'onnx', metadata })
  return nameFlat(judged, main.name)
}

/** `wine_quality` for `wine_quality_model.onnx`: that a file is a model is no part of what the model is called. */
function modelNameOf(file: string): string {
  return file.slice(0, file.lastIndexOf('.')).replace(/(?<=.)_model$/i, '')
}

/** A lone file of joblib or pickle is told of, so that it is said why it is not served. */
async function describePickled(
  files: readonly FoundFile[],
  reader: FileReader,
  version: string
): Promise<DescribedModel | undefined> {
  const pickled = files.find(file => isPickled(file.name))
  if (pickled === undefined) return undefined
  const judged = await judgeVersion({ version, files: [pickled] }, reader)
  return nameFlat(judged, pickled.name)
}

/** Give a lone ONNX file the names that its metadata say, if those can be names. */
function nameFlat(judged: JudgedVersion, file: string): DescribedModel {
  const fileName = modelNameOf(file)
  const { modelName = fileName, version = judged.sourced.version } = judged.metadata
  const bad = [modelName, version].find(name => !isListedName(name))
  const name = isListedName(modelName) ? modelName : fileName
  const sourced =
    bad === undefined
      ? { ...judged.sourced, version }
      : {
          ...judged.sourced,
          state: 'invalid' as const,
          reason: `${JSON.stringify(bad)} cannot be the name of a folder`
        }
  const model = { name, config: noModelConfig, configProblem: undefined, versions: [sourced], isFlat: true }
  return { sourced: model, versions: [{ ...judged, sourced }] }
}
