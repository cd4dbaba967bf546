import type { ModelConfig, ModelSource } from '@millrace/store'
import type { CatalogueModel } from './catalogue.ts'
import type { ServedVersion } from './served-version.ts'

/** What somebody who loads a model says of it, in place of what its sources say. */
export interface LoadOverride {
  /** How it is to be served. What is not said is as the settings of the server are. */
  readonly config: Omit<ModelConfig, 'aliases'>
  /** All files of the model, in place of those of the sources, by their paths: `<version>/<name>`. */
  readonly files?: ReadonlyMap<string, Uint8Array> | undefined
  /** Called for each version before any is served. Throws MILL_MODEL_INVALID for one that is not as it is said to be. */
  readonly check?: ((served: ServedVersion) => void) | undefined
}

/** Makes a source of files that were given with a load. Its `close` removes them. */
export type OpenGiven = (model: string, files: ReadonlyMap<string, Uint8Array>) => Promise<ModelSource>

/** An override that holds: its files are on the disk. */
export interface Override {
  readonly config: LoadOverride['config']
  /** Undefined when the files are those of the sources. */
  readonly given: { readonly source: ModelSource; readonly versions: CatalogueModel['versions'] } | undefined
}

/**
 * What there is of a model when an override holds. Aliases are no part of it: those in `config.json` go with the files
 * beside it.
 * @returns undefined for an override of settings alone when no source has the model
 */
export function overridden(found: CatalogueModel | undefined, { config, given }: Override): CatalogueModel | undefined {
  if (given !== undefined) return { config: { ...config, aliases: {} }, isFlat: false, versions: given.versions }
  return found && { ...found, config: { ...config, aliases: found.config.aliases } }
}
