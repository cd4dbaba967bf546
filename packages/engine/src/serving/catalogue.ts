import type { ModelConfig, ModelSource, SourcedModel, SourcedVersion } from '@millrace/store'
import { nameProblem } from './model-names.ts'

/** What one source has. */
export interface Listing {
  readonly source: ModelSource
  readonly models: readonly SourcedModel[]
}

/** A model as all sources together have it. */
export interface CatalogueModel {
  readonly config: ModelConfig
  readonly isFlat: boolean
  readonly versions: ReadonlyMap<string, { readonly source: ModelSource; readonly sourced: SourcedVersion }>
}

/** All models, and what is wrong with some. */
export interface Catalogue {
  readonly models: ReadonlyMap<string, CatalogueModel>
  /** By the place of the model: `location/name`. */
  readonly problems: ReadonlyMap<string, string>
}

/** Of a model without configuration. */
export const noConfig: ModelConfig = { aliases: {} }

/**
 * Put together what the sources have. Of a version that several have the first source's counts, and so does the first
 * configuration; a model whose name cannot be served is left out and told.
 */
export function mergeListings(listings: readonly Listing[]): Catalogue {
  const models = new Map<string, { config: ModelConfig; isFlat: boolean; versions: Map<string, Sourced> }>()
  const problems = new Map<string, string>()
  for (const { source, models: found } of listings) {
    for (const model of found) {
      const problem = nameProblem(model.name)
      if (problem !== undefined) {
        problems.set(`${source.location}/${model.name}`, problem)
        continue
      }
      if (model.configProblem !== undefined) problems.set(`${source.location}/${model.name}`, model.configProblem)
      const merged = models.get(model.name) ?? { config: model.config, isFlat: model.isFlat, versions: new Map() }
      models.set(model.name, merged)
      for (const sourced of model.versions) {
        if (!merged.versions.has(sourced.version)) merged.versions.set(sourced.version, { source, sourced })
      }
    }
  }
  return { models, problems }
}

interface Sourced {
  source: ModelSource
  sourced: SourcedVersion
}
