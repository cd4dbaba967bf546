import type { NamedTensor } from '@millrace/runtime'
import type { ModelConfig, ModelMetadata, VersionFiles } from '@millrace/store'
import type { LoadOverride } from './load-override.ts'
import type { ServedVersion } from './served-version.ts'

/** Who is assigned to versions: a user, a session or a request. */
export interface Unit {
  /** 1 to 256 characters. */
  readonly id: string
  /** False when the server made the id for this one request, so that nobody can ever come back by it. */
  readonly isGiven: boolean
}

/** A question to a model, whatever protocol it came by. */
export interface InferRequest {
  readonly model: string
  /** A version, or else an alias such as `stable`; the default version unless given, or for an empty text. */
  readonly version?: string | undefined
  /** Not to be changed any more, also once it is answered: a shadow may still be asked it. */
  readonly inputs: readonly NamedTensor[]
  /** Names of the outputs wanted; all in the order of the model unless given. */
  readonly outputs?: readonly string[] | undefined
  /** Names of the features of a learner, for an input that holds one row of them for each prediction. */
  readonly featureNames?: readonly string[] | undefined
  /** False to neither look for an answer in the cache nor keep it there. */
  readonly useCache?: boolean | undefined
  /** Milliseconds that the answer may be kept, in place of the server's own. */
  readonly cacheTtlMs?: number | undefined
  /** Milliseconds that the caller waits, if less than the server's own limit. */
  readonly timeoutMs?: number | undefined
  readonly priority?: number | undefined
  /** Who asks, for experiments. */
  readonly unit?: Unit | undefined
  /** By which feedback can name this request later; the id of the unit unless given. */
  readonly requestId?: string | undefined
  /** How it came in: the documented API asks to take part in experiments, and may be asked not to. */
  readonly entry?: 'predict' | undefined
  /** False to be answered by the version or alias named, or the default, whatever experiments there are. */
  readonly mayExperiment?: boolean | undefined
  /** True for a copy of a request that nobody waits for: it is not told to ServingEvents, nor to Traffic. */
  readonly isShadow?: boolean | undefined
  /** What `resolve` decided, so that it is not decided anew. */
  readonly decision?: Decision | undefined
}

/**
 * Why a version answers, the strongest first: it was named (`version`); the unit is on the list of an experiment
 * (`override`), stays with the arm that served it before though its bucket is not that arm's any more (`sticky`), or belongs
 * to the arm (`experiment`), or to a step of a canary; an `alias` was named; nothing was (`default`). `fallback`: control
 * answers because the arm of the unit could not.
 */
export const routeReasons = [
  'version',
  'override',
  'sticky',
  'experiment',
  'canary',
  'alias',
  'default',
  'fallback'
] as const
/** One of {@link routeReasons}. */
export type RouteReason = (typeof routeReasons)[number]

/** Why a unit is served as it is. */
export interface Assignment {
  /** Id of the experiment or canary. */
  readonly experiment: string
  /** Name of the arm that the unit belongs to, also where control answers in its place. */
  readonly arm: string
  /** Chance with which a unit comes to this arm; 1 for one that is on a list, or stays with it. */
  readonly probability: number
  /** Whether the unit comes to this arm again when it comes again. */
  readonly isSticky: boolean
}

/** Which version answered, and why that one. */
export interface Route {
  readonly model: string
  readonly version: string
  readonly reason: RouteReason
  readonly alias?: string | undefined
  /** What an experiment or canary had to say about it. */
  readonly assignment?: Assignment | undefined
}

/** Where a request goes. The same object for all requests that go there, so that it costs nothing. */
export interface Decision {
  readonly route: Route
  /** Who answers should that fail for a reason of its own. */
  readonly fallback?: Route | undefined
  /** Who would answer without an experiment, as far as requests are made for it: its names of inputs and outputs hold. */
  readonly madeFor?: Route | undefined
}

/** Who asks, as far as it decides which version answers. */
export type Asker = Pick<InferRequest, 'unit' | 'requestId' | 'entry' | 'mayExperiment'>

/** What a request would be answered by. */
export interface Resolved {
  readonly route: Route
  readonly served: ServedVersion
  readonly decision?: Decision | undefined
}

/** The answer of a model. */
export interface InferReply {
  readonly route: Route
  readonly served: ServedVersion
  /** In the order wanted. */
  readonly outputs: readonly NamedTensor[]
  /** True when the answer was made for an earlier request. */
  readonly isCached: boolean
  /** Milliseconds from the call to the answer. */
  readonly durationMs: number
}

/** Where a version of a model stands, by the words of Triton. */
export type VersionState = 'READY' | 'UNAVAILABLE' | 'LOADING' | 'UNLOADING'

/** What is known of a version, whether it is loaded or not. */
export interface VersionStatus {
  readonly version: string
  readonly state: VersionState
  /** Why it is not ready: a fault of its files, or that nobody asked for it. */
  readonly reason: string
  /** Whether a request for it is answered, for which it may have to be loaded first. */
  readonly isServed: boolean
  /** Undefined while it is not in memory. */
  readonly served: ServedVersion | undefined
  /** What is in memory was loaded from these; undefined for a learner that is live. */
  readonly files?: VersionFiles | undefined
  /** What its files say of it, also while it is not in memory; undefined until they were first read. */
  readonly metadata?: ModelMetadata | undefined
}

/** What is known of a model. */
export interface ModelStatus {
  readonly name: string
  readonly kind: 'onnx' | 'learner'
  /** Newest first. */
  readonly versions: readonly VersionStatus[]
  /** All aliases with the version each stands for, `default` among them unless no version can be it. */
  readonly aliases: ReadonlyMap<string, string>
  /** True for a lone ONNX file beside `model_metadata.json`. */
  readonly isFlat: boolean
  /** How it is served: what its files or the last load say. */
  readonly config: ModelConfig
}

/** What became of a call to load or reload. */
export interface LoadReport {
  /** Versions that are served now and were not before, as `model/version`. */
  readonly loaded: readonly string[]
  /** Versions that are no longer served. */
  readonly unloaded: readonly string[]
  /** Versions that could not be loaded, with the reason; what was served before still is. */
  readonly failed: readonly { readonly model: string; readonly version: string; readonly reason: string }[]
}

/** Nanoseconds spent on one part of requests, and how often. */
export interface Duration {
  readonly count: number
  readonly ns: number
}

/** What was asked of a version since the server began. */
export interface VersionStatistics {
  readonly model: string
  readonly version: string
  /** Milliseconds since 1970; 0 before the first. */
  readonly lastInferenceMs: number
  /** Rows that were run; answers from the cache are not among them. */
  readonly inferences: number
  readonly executions: number
  readonly success: Duration
  readonly fail: Duration
  readonly queue: Duration
  readonly computeInput: Duration
  readonly computeInfer: Duration
  readonly computeOutput: Duration
  readonly cacheHit: Duration
  readonly cacheMiss: Duration
  readonly batches: readonly {
    readonly rows: number
    readonly count: number
    readonly inputNs: number
    readonly inferNs: number
    readonly outputNs: number
  }[]
  readonly memoryBytes: number
}

/** Hears what happens, for metrics and logs. Must not throw. */
export interface ServingEvents {
  /** A request was answered. */
  answered?(reply: InferReply): void
  /** A request was refused or failed. */
  failed?(failed: { model: string; version: string | undefined; error: unknown; durationMs: number }): void
  /** A version is served from now on. */
  loaded?(served: ServedVersion): void
  /** A version could not be loaded. */
  loadFailed?(failed: { model: string; version: string; error: unknown }): void
  /** A version is no longer in memory. */
  unloaded?(served: ServedVersion): void
  /** An alias stands for another version. */
  aliasMoved?(moved: { model: string; alias: string; version: string | undefined; before: string | undefined }): void
}

/** Models with their versions, and the one way to ask them. */
export interface ModelServer {
  /**
   * Ask a model. Every protocol comes down to this call.
   * @throws {MillraceError} MILL_MODEL_NOT_FOUND, MILL_VERSION_NOT_FOUND, MILL_MODEL_NOT_READY, MILL_INPUT_INVALID,
   *   MILL_OVERLOADED, MILL_DEADLINE_EXCEEDED or MILL_RUN_FAILED
   */
  infer(request: InferRequest): Promise<InferReply>
  /**
   * The version that a request would be answered by, loaded if it was not. Throws as `infer` does.
   * @param version a version or alias
   * @param question for a request that is put next, with the `decision` of the reply: experiments are asked, and
   *   `ServingEvents.failed` hears where it cannot be put
   */
  resolve(model: string, version?: string, question?: Asker): Promise<Resolved>
  /** All models in the order of their names. */
  models(): readonly ModelStatus[]
  /** @throws {MillraceError} MILL_MODEL_NOT_FOUND */
  model(name: string): ModelStatus
  /** Whether all that the sources had at the start is loaded, or is known not to load; true from then on. */
  hasStarted(): boolean
  /** Whether a request for it would be answered, for which it may have to be loaded first. */
  isReady(model: string, version?: string): boolean
  /**
   * Look at the sources now and take over what changed; resolves when it is served. What replaces a version is loaded
   * first, and what cannot be loaded leaves the version as it is. A version whose files are gone is served no more, unless
   * somebody made an alias for it: then it is until the server ends.
   * @throws {MillraceError} MILL_MODEL_NOT_FOUND
   */
  reload(model?: string): Promise<LoadReport>
  /**
   * Load a model's versions by its policy as far as there is room, also after `unload`, and those that failed once more.
   * @param override what holds in place of what the sources have, all of it or nothing, until the model is loaded again
   *   or unloaded, and not after a restart. The model need not be known when it has files
   * @throws {MillraceError} MILL_MODEL_NOT_FOUND, or MILL_MODEL_INVALID when no version of it works; with an override when
   *   any does not, what was served before still is then. MILL_INPUT_INVALID for an override of a learner, or with names
   *   that cannot be, MILL_UNSUPPORTED for files that there is no place for, MILL_STORE_FAILED
   */
  load(model: string, override?: LoadOverride): Promise<LoadReport>
  /**
   * Serve a model no more until it is loaded again, also after a restart; requests that run are answered. Durable when it
   * resolves. A learner goes on learning. @throws {MillraceError} MILL_MODEL_NOT_FOUND
   */
  unload(model: string): Promise<void>
  /**
   * Take over what another process changed: aliases, and models that were unloaded or loaded. Of all models unless one is
   * named; does nothing for a model that is not known.
   */
  refresh(model?: string): Promise<void>
  /**
   * Let an alias stand for a version, which is loaded first if need be: no request is dropped. Durable when it resolves.
   * The version is served from then on even if the policy leaves it out.
   * @param alias 1 to 64 letters, digits, `_` and `-`
   * @throws {MillraceError} MILL_MODEL_NOT_FOUND, MILL_VERSION_NOT_FOUND, MILL_MODEL_INVALID, MILL_MODEL_NOT_READY for a
   *   model that is unloaded, MILL_OPTION_INVALID for the name of the alias or MILL_VERSION_EXISTS for one that a version
   *   has; the alias stays as it was
   */
  moveAlias(model: string, alias: string, version: string): Promise<void>
  /**
   * Forget that an alias was moved: it is what it is by configuration again, which for most is nothing.
   * @throws {MillraceError} MILL_MODEL_NOT_FOUND, or MILL_VERSION_NOT_FOUND when there is no such alias
   */
  removeAlias(model: string, alias: string): Promise<void>
  /**
   * Let `default` stand again for the version before, and that version's predecessor the next time; past versions that
   * are gone. The last 20 are known, also after a restart.
   * @returns the name of that version
   * @throws {MillraceError} MILL_MODEL_NOT_FOUND, or MILL_VERSION_NOT_FOUND when there is none
   */
  rollback(model: string): Promise<string>
  /**
   * Keep a learner as it is now as a version that learns no more; durable when it resolves.
   * @param version its name; the number of observations learned unless given
   * @throws {MillraceError} MILL_MODEL_NOT_FOUND, MILL_UNSUPPORTED for a model that is no learner, MILL_VERSION_EXISTS
   */
  freeze(model: string, version?: string): Promise<VersionStatus>
  /**
   * A version as an ONNX file: as it is served, or made from a linear learner.
   * @throws {MillraceError} MILL_UNSUPPORTED for a learner that ONNX cannot express
   */
  exportOnnx(model: string, version?: string): Promise<Uint8Array>
  /** In the order of models and versions. @throws {MillraceError} MILL_MODEL_NOT_FOUND or MILL_VERSION_NOT_FOUND */
  statistics(model?: string, version?: string): readonly VersionStatistics[]
  /**
   * Why sources cannot be read at present, by location; and why what is in them cannot be used, by location or model: names
   * that no model can have, configuration that is wrong, aliases for versions that are gone.
   */
  problems(): ReadonlyMap<string, string>
  /** Take no more requests, answer those in work, give the memory back, close the sources. */
  close(): Promise<void>
}
