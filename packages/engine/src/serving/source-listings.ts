import type { ModelSource, SourcedModel } from '@millrace/store'
import { type Catalogue, type CatalogueModel, mergeListings } from './catalogue.ts'
import { overridden, type Override } from './load-override.ts'
import { reasonOf } from './serving-errors.ts'

/**
 * What all sources have. One that cannot be read is taken to have what it had the last time: what came from it goes on
 * being served.
 */
export class SourceListings {
  readonly #sources: readonly ModelSource[]
  readonly #last = new Map<ModelSource, readonly SourcedModel[]>()
  #failed: ReadonlyMap<string, string> = new Map()
  #catalogue: Catalogue = { models: new Map(), problems: new Map() }
  /** What holds in place of what the sources have, by model. */
  readonly overrides = new Map<string, Override>()

  constructor(sources: readonly ModelSource[]) {
    this.#sources = sources
  }

  /** Whether a source could not be read the last time. */
  get hasFailed(): boolean {
    return this.#failed.size > 0
  }

  /** Look at all sources; what is overridden is as the override has it. Never throws. */
  async read(isFresh: boolean): Promise<Catalogue['models']> {
    const failed = new Map<string, string>()
    await Promise.all(
      this.#sources.map(async source => {
        try {
          this.#last.set(source, await source.list({ isFresh }))
        } catch (error) {
          failed.set(source.location, reasonOf(error))
        }
      })
    )
    this.#failed = failed
    this.#catalogue = mergeListings(this.#sources.map(source => ({ source, models: this.#last.get(source) ?? [] })))
    const models = new Map(this.#catalogue.models)
    for (const [name, override] of this.overrides) {
      const model = this.of(name, override)
      if (model !== undefined) models.set(name, model)
    }
    return models
  }

  /** What there was of a model the last time, when this override holds for it, or none. */
  of(name: string, override: Override | undefined): CatalogueModel | undefined {
    const found = this.#catalogue.models.get(name)
    return override === undefined ? found : overridden(found, override)
  }

  /** What is wrong, by location. */
  problems(): Map<string, string> {
    const problems = new Map([...this.#catalogue.problems, ...this.#failed])
    for (const source of this.#sources) {
      const problem = source.problem()
      if (problem !== undefined) problems.set(source.location, problem)
    }
    return problems
  }
}
