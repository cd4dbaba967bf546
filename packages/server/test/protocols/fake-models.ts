import { MillraceError } from '@millrace/common'
import type {
  Asker,
  Decision,
  InferReply,
  InferRequest,
  LoadReport,
  ModelServer,
  ModelStatus,
  ServedVersion,
  VersionStatistics
} from '@millrace/engine'
import type { Datatype, NamedTensor, TensorSpec } from '@millrace/runtime'

/** A model of a test: what it takes and gives, and how it answers. */
export interface FakeModel {
  name: string
  /** Oldest first; the last is the default. */
  versions?: string[]
  unready?: string[]
  platform?: ServedVersion['platform']
  inputs: TensorSpec[]
  outputs: TensorSpec[]
  maxBatchRows?: number
  features?: string[]
  classNames?: string[]
  classLabels?: [output: string, labels: string[]][]
  answer(request: InferRequest): readonly NamedTensor[]
}

/** A model server without an engine, which remembers what it was asked. */
export interface FakeModels extends ModelServer {
  readonly asked: InferRequest[]
  readonly calls: string[]
  /** What `resolve` was told of who asks. */
  readonly resolved: (Asker | undefined)[]
  /** What the next calls of `infer` throw, or reply in addition. */
  failWith: Error | undefined
  isCached: boolean
  loadFailures: LoadReport['failed']
  /** Decided about every request that names no version. */
  decision: Decision | undefined
}

export function fakeModels(fakes: readonly FakeModel[]): FakeModels {
  const found = (name: string): FakeModel => {
    const fake = fakes.find(each => each.name === name)
    if (fake === undefined)
      throw new MillraceError('MILL_MODEL_NOT_FOUND', `Request for unknown model: '${name}' is not found`)
    return fake
  }
  const aliases = new Map(fakes.map(({ name, versions = ['1'] }) => [name, new Map([['default', versions.at(-1)!]])]))
  const resolve = (name: string, asked = 'default') => {
    const fake = found(name)
    const { versions = ['1'], unready = [] } = fake
    const alias = aliases.get(name)!.get(asked)
    const version = alias ?? asked
    if (!versions.includes(version))
      throw new MillraceError(
        'MILL_VERSION_NOT_FOUND',
        `Request for unknown model: '${name}' version ${asked} is not found`
      )
    if (unready.includes(version)) throw new MillraceError('MILL_MODEL_NOT_READY', `'${version}' is not loaded`)
    const reason = alias === undefined ? ('version' as const) : ('alias' as const)
    return { route: { model: name, version, reason }, served: servedVersion(fake, version) }
  }
  const models: FakeModels = {
    asked: [],
    calls: [],
    resolved: [],
    failWith: undefined,
    isCached: false,
    loadFailures: [],
    decision: undefined,
    async infer(request): Promise<InferReply> {
      const { route, served } = resolve(request.model, request.version)
      if (models.failWith !== undefined) throw models.failWith
      models.asked.push(request)
      const all = found(request.model).answer(request)
      const outputs = request.outputs?.map(name => outputNamed(name, all)) ?? all
      const decided = request.decision?.route ?? models.decision?.route ?? route
      return { route: decided, served, outputs, isCached: models.isCached, durationMs: 1 }
    },
    async resolve(name, version, question) {
      models.resolved.push(question)
      return { ...resolve(name, version), decision: models.decision }
    },
    models: () => fakes.map(({ name }) => models.model(name)),
    model: name => statusOf(found(name), aliases.get(name) ?? new Map()),
    hasStarted: () => true,
    isReady(name, version) {
      try {
        resolve(name, version)
        return true
      } catch {
        return false
      }
    },
    async reload() {
      return { loaded: [], unloaded: [], failed: [] }
    },
    async load(name) {
      found(name)
      models.calls.push(`load ${name}`)
      return { loaded: [], unloaded: [], failed: models.loadFailures }
    },
    async unload(name) {
      found(name)
      models.calls.push(`unload ${name}`)
    },
    async moveAlias(name, alias, version) {
      aliases.get(name)!.set(alias, resolve(name, version).route.version)
    },
    async removeAlias(name, alias) {
      aliases.get(name)!.delete(alias)
    },
    async rollback(name) {
      const version = found(name).versions?.at(-2)
      if (version === undefined) throw new MillraceError('MILL_VERSION_NOT_FOUND', `'${name}' had no version before`)
      return version
    },
    async freeze(name, version = '120') {
      if (found(name).platform !== 'millrace_learner') {
        throw new MillraceError('MILL_UNSUPPORTED', `model '${name}' is no learner`)
      }
      return { version, state: 'READY', reason: '', isServed: true, served: undefined, metadata: undefined }
    },
    async exportOnnx(name, version) {
      resolve(name, version)
      return new TextEncoder().encode(`onnx of ${name}`)
    },
    statistics: (name, version) =>
      fakes
        .filter(fake => name === undefined || fake.name === name)
        .flatMap(fake =>
          (fake.versions ?? ['1'])
            .filter(each => version === undefined || each === version)
            .map(each => statisticsOf(fake, each))
        ),
    async refresh() {},
    problems: () => new Map(),
    async close() {}
  }
  return models
}

function outputNamed(name: string, outputs: readonly NamedTensor[]): NamedTensor {
  const output = outputs.find(each => each.name === name)
  if (output === undefined) throw new MillraceError('MILL_INPUT_INVALID', `unexpected inference output '${name}'`)
  return output
}

function statusOf(fake: FakeModel, aliases: ReadonlyMap<string, string>): ModelStatus {
  const { name, versions = ['1'], unready = [], platform } = fake
  return {
    name,
    kind: platform === 'millrace_learner' ? 'learner' : 'onnx',
    versions: versions.toReversed().map(version => {
      const isReady = !unready.includes(version)
      return {
        version,
        state: isReady ? 'READY' : 'UNAVAILABLE',
        reason: isReady ? '' : 'the file is damaged',
        isServed: isReady,
        served: isReady ? servedVersion(fake, version) : undefined,
        metadata: undefined
      }
    }),
    aliases,
    isFlat: false,
    config: { aliases: {} }
  }
}

function servedVersion(fake: FakeModel, version: string): ServedVersion {
  const { name, platform = 'onnxruntime_onnx', inputs, outputs, maxBatchRows = 64 } = fake
  return {
    model: name,
    version,
    platform,
    digest: '00',
    inputs,
    outputs,
    classLabels: new Map(fake.classLabels),
    metadata: {
      features: (fake.features ?? []).map(each => ({ name: each })),
      classNames: fake.classNames ?? [],
      metrics: {},
      outputs: {},
      raw: {}
    },
    maxBatchRows,
    memoryBytes: 1000,
    loadMs: 1,
    loadedAt: 0,
    run: () => Promise.reject(new Error('not asked')),
    counts: () => ({ inferences: 0, executions: 0, pending: 0, batches: [] })
  }
}

const duration = (count: number) => ({ count, ns: count * 1000.4 })

function statisticsOf({ name }: FakeModel, version: string): VersionStatistics {
  return {
    model: name,
    version,
    lastInferenceMs: 1_700_000_000_000,
    inferences: 7,
    executions: 4,
    success: duration(9),
    fail: duration(1),
    queue: duration(4),
    computeInput: duration(4),
    computeInfer: duration(4),
    computeOutput: duration(4),
    cacheHit: duration(5),
    cacheMiss: duration(4),
    batches: [{ rows: 2, count: 3, inputNs: 10, inferNs: 20, outputNs: 30 }],
    memoryBytes: 1000.5
  }
}

/** A model that gives back its input `x`, of whatever shape, as `y`. */
export function echo(datatype: Datatype, options: Partial<FakeModel> = {}): FakeModel {
  return {
    name: `echo_${datatype.toLowerCase()}`,
    inputs: [{ name: 'x', datatype, shape: [-1, -1] }],
    outputs: [{ name: 'y', datatype, shape: [-1, -1] }],
    answer: ({ inputs }) => [{ ...inputs[0]!, name: 'y' }],
    ...options
  }
}
