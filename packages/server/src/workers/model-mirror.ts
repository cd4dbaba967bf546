import type { ModelServer, ModelStatus } from '@millrace/engine'
import type { ModelConfig, VersionFiles } from '@millrace/store'
import type { DecidedName } from './decided-names.ts'

/** A version that the primary has in memory. */
export interface MirroredVersion {
  readonly version: string
  readonly files: VersionFiles
}

/** A model that a worker may answer for: what each name of it stands for, and the files to answer with. */
export interface MirroredModel {
  readonly name: string
  /** How versions are to be run. The aliases are all there are, `default` among them. */
  readonly config: ModelConfig
  readonly isFlat: boolean
  readonly versions: readonly MirroredVersion[]
}

/** What the primary serves at one moment. Everything that is not here is answered by the primary alone. */
export interface ModelMirror {
  /** Grows with each change. */
  readonly revision: number
  readonly models: readonly MirroredModel[]
  /** Whether the primary has loaded what there was at the start. */
  readonly hasStarted: boolean
  /** The model that answers rows of `data`, and the one for /invocations where none is named. */
  readonly dataModel: string
  readonly invokedModel: string | undefined
  /** What the primary alone answers, because it decides there between versions. */
  readonly decided: readonly DecidedName[]
}

/**
 * The models with all that a request may name in memory at present: ONNX only, whose default version is there. A version
 * or alias that is not is left out, so that a request for it comes to the primary, which knows what to do.
 */
export function mirroredModels(models: Pick<ModelServer, 'models' | 'isReady'>): MirroredModel[] {
  return models.models().flatMap(status => {
    if (status.kind !== 'onnx') return []
    const { name, isFlat } = status
    const versions = versionsOf(status, models)
    const aliases = aliasesOf(status, versions)
    if (aliases['default'] === undefined) return []
    const { aliases: _aliases, versionPolicy: _policy, ...settings } = status.config
    return [{ name, config: { ...settings, aliases }, isFlat, versions }]
  })
}

function versionsOf({ name, versions }: ModelStatus, models: Pick<ModelServer, 'isReady'>): MirroredVersion[] {
  return versions.flatMap(({ version, served, files }) => {
    if (files === undefined || served?.platform !== 'onnxruntime_onnx') return []
    // What is in memory need not be served: another version may be about to take its place.
    return models.isReady(name, version) ? [{ version, files }] : []
  })
}

/** A version hides the alias that is called like it, whether it is in memory or not. */
function aliasesOf({ versions, aliases }: ModelStatus, there: readonly MirroredVersion[]): Record<string, string> {
  const [names, ready] = [versions, there].map(list => new Set(list.map(({ version }) => version)))
  return Object.fromEntries([...aliases].filter(([alias, version]) => ready!.has(version) && !names!.has(alias)))
}

/** A text that differs when what two mirrors say does. */
export function contentOf({ models, ...rest }: Omit<ModelMirror, 'revision'>): string {
  const facts = models.map(({ name, config, versions }) => [
    name,
    config,
    versions.map(({ version, files }) => [version, files.digest, files.path])
  ])
  return JSON.stringify([facts, rest])
}
