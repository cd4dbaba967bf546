import { MillraceError } from '@millrace/common'
import type { ModelServer } from '@millrace/engine'
import { type IsDecided, isDecidedBy } from './decided-names.ts'
import type { MirroredModel, ModelMirror } from './model-mirror.ts'
import type { MirrorSource } from './mirror-source.ts'

/** What {@link ModelReplica} is given. */
export interface ReplicaDeps {
  /** Models of `source` alone, which has what `mirror` says already. */
  readonly models: ModelServer
  readonly source: MirrorSource
  readonly mirror: ModelMirror
}

/**
 * The models of a worker, kept as the primary serves them. Answers for no model that is not exactly so, and no request that
 * experiments decide about.
 */
export class ModelReplica {
  /** The models that are the worker's to answer for; of all others, questions are refused with {@link isForPrimary}. */
  readonly models: ModelServer
  readonly #all: ModelServer
  readonly #source: MirrorSource
  #mirror: ModelMirror
  /** Names of models that are as the primary has them. */
  #own: ReadonlySet<string> = new Set()
  #isDecided: IsDecided
  /** The last change that is under way. */
  #change: Promise<void> = Promise.resolve()

  constructor({ models, source, mirror }: ReplicaDeps) {
    this.#all = models
    this.#source = source
    this.#mirror = mirror
    this.#isDecided = isDecidedBy(mirror.decided)
    const isOwn: IsDecided = (model, version, entry) => this.#own.has(model) && !this.#isDecided(model, version, entry)
    this.models = {
      ...models,
      infer: request =>
        isOwn(request.model, request.version, request.entry)
          ? models.infer(request)
          : Promise.reject(elsewhere(request.model)),
      resolve: (model, version, question) =>
        isOwn(model, version, question?.entry)
          ? models.resolve(model, version, question)
          : Promise.reject(elsewhere(model)),
      model: name => {
        if (this.#own.has(name)) return models.model(name)
        throw elsewhere(name)
      },
      isReady: (model, version) => isOwn(model, version, undefined) && models.isReady(model, version)
    }
    this.compare()
  }

  get mirror(): ModelMirror {
    return this.#mirror
  }

  /** Models that are answered for. */
  get size(): number {
    return this.#own.size
  }

  /** Become what the primary serves now; resolves when requests are answered by that. Changes follow each other. */
  follow(mirror: ModelMirror): Promise<void> {
    const change = this.#change.then(() => this.#become(mirror))
    this.#change = change.catch(() => undefined)
    return change
  }

  /** Find out anew which models are as the primary has them: something was loaded. */
  compare(): void {
    const { models } = this.#mirror
    this.#own = namesOf(models.filter(model => isLoaded(model, this.#all) && isNamed(model, this.#all)))
  }

  async #become(mirror: ModelMirror): Promise<void> {
    // What is no longer decided about may go to another version than it went to before.
    this.#isDecided = isDecidedBy([...this.#mirror.decided, ...mirror.decided])
    // First new versions come to memory, while all names stand for what they did; then the names change.
    this.#source.set(withVersionsOf(mirror.models, this.#mirror.models))
    await this.#all.reload()
    // What could not be loaded must not let another version take its names, however short.
    const loaded = namesOf(mirror.models.filter(model => isLoaded(model, this.#all)))
    this.#own = new Set([...this.#own].filter(name => loaded.has(name)))
    this.#source.set(mirror.models)
    await this.#all.reload()
    this.#mirror = mirror
    this.compare()
    this.#isDecided = isDecidedBy(mirror.decided)
  }
}

/** Whether the primary should be asked: it knows more than its workers. */
export function isForPrimary(error: unknown): boolean {
  return error instanceof MillraceError && unknownHere.has(error.code)
}

const unknownHere: ReadonlySet<string> = new Set<MillraceError['code']>([
  'MILL_MODEL_NOT_FOUND',
  'MILL_MODEL_NOT_READY',
  'MILL_VERSION_NOT_FOUND'
])

/** Says that this worker does not answer for a model. */
export function elsewhere(model: string): MillraceError {
  return new MillraceError('MILL_MODEL_NOT_READY', `${model} is answered by the primary process`)
}

/** What there was, with new versions and content beside it. */
function withVersionsOf(next: readonly MirroredModel[], before: readonly MirroredModel[]): MirroredModel[] {
  const old = new Map(before.map(model => [model.name, model]))
  return next.map(model => {
    const was = old.get(model.name)
    if (was === undefined) return model
    const names = new Set(model.versions.map(({ version }) => version))
    const versions = [...model.versions, ...was.versions.filter(({ version }) => !names.has(version))]
    return { ...model, config: { ...model.config, aliases: was.config.aliases }, versions }
  })
}

function namesOf(models: readonly MirroredModel[]): Set<string> {
  return new Set(models.map(({ name }) => name))
}

/** Whether exactly that content is in memory. */
function isLoaded({ name, versions }: MirroredModel, models: ModelServer): boolean {
  if (!models.isReady(name)) return false
  const digests = new Map(models.model(name).versions.map(({ version, served }) => [version, served?.digest]))
  return versions.every(({ version, files }) => digests.get(version) === files.digest && models.isReady(name, version))
}

/** Whether aliases stand for what they should. */
function isNamed({ name, config }: MirroredModel, models: ModelServer): boolean {
  const { aliases } = models.model(name)
  return Object.entries(config.aliases).every(([alias, version]) => aliases.get(alias) === version)
}
