import type { Runtime } from '@millrace/runtime'
import type { ModelConfig, ModelSource, SourcedVersion, VersionFiles } from '@millrace/store'
import type { ServedVersion } from './served-version.ts'

/** A version that is in memory, and what gives the memory back. */
export interface Opened {
  readonly served: ServedVersion
  readonly close: () => Promise<void>
}

/** Where a version comes from, and how it is to be run. */
export interface Origin {
  readonly source: ModelSource
  readonly sourced: SourcedVersion
  readonly config: ModelConfig
  /** The settings that a version is loaded with, as a text. */
  readonly settings: string
  /** Changes with everything that a version must be loaded anew for. */
  readonly stamp: string
}

/** Brings versions into memory. */
export interface VersionOpener {
  /** Bring the files to the local disk. Throws what ModelSource.fetch throws. */
  fetch(model: string, origin: Origin): Promise<VersionFiles>
  /** @throws {MillraceError} MILL_MODEL_INVALID */
  open(names: { model: string; version: string }, origin: Origin, files: VersionFiles): Promise<Opened>
}

/** What {@link versionOpener} is given. */
export interface OpenerDeps {
  readonly runtime: Pick<Runtime, 'load'>
  /** Makes a version of a learner that was frozen. */
  readonly openFrozen: (files: VersionFiles, names: { model: string; version: string }) => Promise<ServedVersion>
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Whether requests may wait for this thread: a small model is loaded on it only while none do. */
  readonly isServing: () => boolean
}

/** Opens ONNX files in a runtime, and frozen learners in this thread. */
export function versionOpener({ runtime, openFrozen, now, isServing }: OpenerDeps): VersionOpener {
  return {
    fetch: (model, { source, sourced }) => source.fetch(model, sourced.version),
    async open(names, { config }, files) {
      if (files.kind === 'onnx') return openOnnx(runtime, { names, config, files, now, isServing: isServing() })
      return { served: await openFrozen(files, names), close: async () => undefined }
    }
  }
}

interface OnnxVersion {
  names: { model: string; version: string }
  config: ModelConfig
  files: VersionFiles
  now: () => number
  isServing: boolean
}

async function openOnnx(runtime: Pick<Runtime, 'load'>, version: OnnxVersion): Promise<Opened> {
  const { names, config, files, now, isServing } = version
  const { maxBatchRows, batchDelayUs, queueLimit, placement, instances, threads } = config
  const loaded = await runtime.load({
    label: `${names.model}/${names.version}`,
    path: files.path,
    sha256: files.sha256,
    maxBatchRows,
    batchDelayUs,
    queueLimit,
    placement,
    instances,
    threads,
    isServing
  })
  const served: ServedVersion = {
    model: names.model,
    version: names.version,
    platform: 'onnxruntime_onnx',
    digest: files.digest,
    inputs: loaded.inputs,
    outputs: loaded.outputs,
    classLabels: loaded.classLabels,
    metadata: files.metadata,
    maxBatchRows: loaded.facts.maxBatchRows,
    memoryBytes: loaded.facts.memoryBytes,
    loadMs: loaded.facts.loadMs,
    loadedAt: now(),
    run: request => loaded.run(request),
    counts: () => loaded.counts()
  }
  return { served, close: () => loaded.close() }
}

/** @param settings those of `config`, by {@link settingsOf} */
export function originOf(given: Omit<Origin, 'stamp'>): Origin {
  return { ...given, stamp: `${given.sourced.stamp}\n${given.settings}` }
}

/** Whether a version is where it was, as it was. */
export function isSameOrigin(origin: Origin | undefined, given: Omit<Origin, 'stamp'>): boolean {
  if (origin === undefined || origin.source !== given.source || origin.settings !== given.settings) return false
  const [was, is] = [origin.sourced, given.sourced]
  return was.stamp === is.stamp && was.state === is.state && was.reason === is.reason
}

/** The settings that a version is loaded with, as a text. */
export function settingsOf(config: ModelConfig): string {
  const { maxBatchRows, batchDelayUs, queueLimit, placement, instances, threads } = config
  return JSON.stringify([maxBatchRows, batchDelayUs, queueLimit, placement, instances, threads])
}
