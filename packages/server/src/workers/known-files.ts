import type { ModelConfig, ModelSource, VersionFiles } from '@millrace/store'

/** Files of a version that are remembered: those in memory, and those that are to take their place. */
const mostFiles = 2

const noConfig: ModelConfig = { aliases: {} }

/** Remembers which files versions were loaded from, and how they are to be run. */
export interface KnownFiles {
  /** The same source, from now on overheard. Call in the order in which sources count. */
  overhear(source: ModelSource): ModelSource
  /** Undefined for content that no source was asked for. */
  files(model: string, version: string, digest: string): VersionFiles | undefined
  /** What the first source that has the model says of it. */
  config(model: string): ModelConfig
}

/** Knows nothing yet. */
export function knownFiles(): KnownFiles {
  const fetched = new Map<string, readonly VersionFiles[]>()
  const listed: Map<string, ModelConfig>[] = []
  return {
    overhear(source) {
      const place = listed.push(new Map()) - 1
      return {
        location: source.location,
        async list(options) {
          const models = await source.list(options)
          listed[place] = new Map(models.map(({ name, config }) => [name, config]))
          return models
        },
        async fetch(model, version) {
          const files = await source.fetch(model, version)
          const key = keyOf(model, version)
          const others = fetched.get(key)?.filter(({ digest }) => digest !== files.digest) ?? []
          fetched.set(key, [...others, files].slice(-mostFiles))
          return files
        },
        watch: changed => source.watch(changed),
        problem: () => source.problem(),
        close: () => source.close()
      }
    },
    files: (model, version, wanted) => fetched.get(keyOf(model, version))?.find(({ digest }) => digest === wanted),
    config: model => listed.find(models => models.has(model))?.get(model) ?? noConfig
  }
}

function keyOf(model: string, version: string): string {
  return `${model}/${version}`
}
