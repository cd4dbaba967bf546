import { createHash } from 'node:crypto'
import { MillraceError } from '@millrace/common'
import type { LoadOptions, NamedTensor, RunResult, Runtime, RuntimeModel } from '@millrace/runtime'
import { type ModelConfig, type ModelSource, noMetadata, type SourcedModel, type SourcedVersion } from '@millrace/store'

/** A version in a made-up source: its answer, and what is wrong with it. */
export interface FakeVersion {
  /** What the model answers whatever it is asked; the file of the version, so to say. */
  answer: number
  stamp?: string
  bytes?: number
  state?: SourcedVersion['state']
  isSettling?: boolean
  reason?: string
  /** Thrown instead of handing out the files. */
  fetchError?: Error
}

/** A source whose content a test changes as it goes. */
export interface FakeSource extends ModelSource {
  readonly content: Map<string, { config: ModelConfig; versions: Map<string, FakeVersion> }>
  /** Thrown by `list`. */
  listError: Error | undefined
  readonly counts: { lists: number; fetches: string[] }
  /** Put a version there, or change it. */
  put(model: string, version: string, file: FakeVersion): void
  configure(model: string, config: Partial<ModelConfig>): void
  /** Tell those who watch. */
  tell(): void
  isClosed: boolean
}

/** An empty source. */
export function fakeSource(location = 'memory'): FakeSource {
  const watchers = new Set<() => void>()
  const content: FakeSource['content'] = new Map()
  const modelOf = (name: string) => {
    const model = content.get(name) ?? { config: { aliases: {} }, versions: new Map() }
    content.set(name, model)
    return model
  }
  return {
    location,
    content,
    listError: undefined,
    counts: { lists: 0, fetches: [] },
    isClosed: false,
    put: (model, version, file) => void modelOf(model).versions.set(version, file),
    configure(name, config) {
      const model = modelOf(name)
      model.config = { ...model.config, ...config }
    },
    tell() {
      for (const changed of watchers) changed()
    },
    async list() {
      this.counts.lists++
      if (this.listError !== undefined) throw this.listError
      return [...content].map(([name, { config, versions }]): SourcedModel => ({
        name,
        config,
        isFlat: false,
        versions: [...versions].map(([version, file]) => ({
          version,
          state: file.state ?? 'whole',
          reason: file.reason,
          isSettling: file.isSettling,
          stamp: file.stamp ?? String(file.answer),
          bytes: file.bytes
        }))
      }))
    },
    async fetch(model, version) {
      this.counts.fetches.push(`${model}/${version}`)
      const file = content.get(model)?.versions.get(version)
      if (file === undefined) throw new MillraceError('MILL_VERSION_NOT_FOUND', `${model}/${version} is gone`)
      if (file.fetchError !== undefined) throw file.fetchError
      const sha256 = createHash('sha256').update(String(file.answer)).digest('hex')
      return { kind: 'onnx', path: String(file.answer), sha256, digest: sha256, bytes: 1, metadata: noMetadata }
    },
    watch(changed) {
      watchers.add(changed)
      return () => watchers.delete(changed)
    },
    problem: () => undefined,
    async close() {
      this.isClosed = true
    }
  }
}

/** A runtime whose models answer the number that is their path. */
export interface FakeRuntime extends Pick<Runtime, 'load'> {
  /** Labels of all loads, in their order. */
  readonly loads: string[]
  /** Labels of what is in memory. */
  readonly inMemory: Set<string>
  readonly closed: string[]
  /** Labels that fail to load, with the error. */
  readonly failing: Map<string, Error>
  /** Awaited by each load. */
  beforeLoad: (label: string) => Promise<void>
  /** Awaited by each run. */
  beforeRun: (label: string) => Promise<void>
  memoryBytes: number
}

export function fakeRuntime(): FakeRuntime {
  const runtime: FakeRuntime = {
    loads: [],
    inMemory: new Set(),
    closed: [],
    failing: new Map(),
    beforeLoad: async () => undefined,
    beforeRun: async () => undefined,
    memoryBytes: 10,
    async load(options) {
      runtime.loads.push(options.label)
      await runtime.beforeLoad(options.label)
      const error = runtime.failing.get(options.label)
      if (error !== undefined) throw error
      return fakeModel(options, runtime)
    }
  }
  return runtime
}

function fakeModel({ label, path }: LoadOptions, runtime: FakeRuntime): RuntimeModel {
  let isClosed = false
  let executions = 0
  const handle = `${label}=${path}`
  runtime.inMemory.add(handle)
  return {
    inputs: [],
    outputs: [],
    classLabels: new Map(),
    facts: {
      placement: 'inline',
      loadMs: 1,
      rowUs: 1,
      fileBytes: 1,
      sha256: '',
      unserved: [],
      memoryBytes: runtime.memoryBytes,
      unbatchable: undefined,
      maxBatchRows: 64
    },
    async run() {
      if (isClosed) throw new Error(`${handle} was run after it was closed`)
      await runtime.beforeRun(label)
      if (isClosed) throw new Error(`${handle} was closed while it ran`)
      executions++
      return result(Number(path))
    },
    counts: () => ({
      inferences: executions,
      executions,
      pending: 0,
      batches: [{ rows: 1, count: executions, inputNs: executions, inferNs: executions, outputNs: executions }]
    }),
    async close() {
      isClosed = true
      runtime.inMemory.delete(handle)
      runtime.closed.push(handle)
    }
  }
}

function result(answer: number): RunResult {
  const output: NamedTensor = { name: 'y', datatype: 'FP64', shape: [1], data: Float64Array.of(answer) }
  return { outputs: [output], batchRows: 1, timing: { queueNs: 1, inputNs: 2, inferNs: 3, outputNs: 4 } }
}
