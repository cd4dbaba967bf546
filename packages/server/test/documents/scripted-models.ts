import { MillraceError } from '@millrace/common'
import type { InferReply, InferRequest, ModelServer, ModelStatus, Route, ServedVersion } from '@millrace/engine'
import type { NamedTensor, TensorSpec } from '@millrace/runtime'
import type { ModelMetadata } from '@millrace/store'

/** A model whose answers a test writes down. */
export interface Script {
  version?: string
  inputs?: TensorSpec[]
  metadata?: Partial<ModelMetadata>
  isFlat?: boolean
  classLabels?: [output: string, labels: string[]][]
  /** What it answers to rows of numbers. */
  answer: (rows: number[][]) => NamedTensor[]
}

const noMetadata: ModelMetadata = { features: [], classNames: [], metrics: {}, outputs: {}, raw: {} }

/** Asked models of a server that has nothing else; every question is kept in `asked`. */
export interface ScriptedModels extends Pick<ModelServer, 'infer' | 'resolve' | 'models' | 'isReady'> {
  readonly asked: InferRequest[]
}

export function scriptedModels(scripts: Record<string, Script>): ScriptedModels {
  const asked: InferRequest[] = []
  const servedOf = new Map(Object.entries(scripts).map(([model, script]) => [model, served(model, script)]))
  const find = (model: string, version: string | undefined): { route: Route; served: ServedVersion } => {
    const found = servedOf.get(model)
    if (found === undefined) throw new MillraceError('MILL_MODEL_NOT_FOUND', `there is no model ${model}`)
    if (version !== undefined && version !== found.version) {
      throw new MillraceError('MILL_VERSION_NOT_FOUND', `model ${model} has no version ${version}`)
    }
    return {
      route: { model, version: found.version, reason: version === undefined ? 'default' : 'version' },
      served: found
    }
  }
  return {
    asked,
    async resolve(model, version) {
      return find(model, version)
    },
    async infer(request): Promise<InferReply> {
      const { model, version, inputs } = request
      const found = find(model, version)
      asked.push(request)
      return { ...found, outputs: scripts[model]!.answer(rowsOf(inputs[0]!)), isCached: false, durationMs: 1.23456 }
    },
    models: () => [...servedOf.values()].map(each => statusOf(each, scripts[each.model]!)),
    isReady: model => servedOf.has(model)
  }
}

function served(model: string, script: Script): ServedVersion {
  const { version = '1.0', inputs = [{ name: 'x', datatype: 'FP32', shape: [-1, -1] }] } = script
  return {
    model,
    version,
    platform: 'onnxruntime_onnx',
    digest: undefined,
    inputs,
    outputs: script.answer([[1]]).map(({ name, datatype, shape }) => ({
      name,
      datatype,
      shape: [-1, ...shape.slice(1)]
    })),
    classLabels: new Map(script.classLabels),
    metadata: { ...noMetadata, ...script.metadata },
    maxBatchRows: 64,
    memoryBytes: 1,
    loadMs: 1,
    loadedAt: 0,
    run: () => Promise.reject(new Error('not run')),
    counts: () => ({ inferences: 0, executions: 0, pending: 0, batches: [] })
  }
}

function statusOf(version: ServedVersion, { isFlat = false }: Script): ModelStatus {
  return {
    name: version.model,
    kind: 'onnx',
    versions: [
      {
        version: version.version,
        state: 'READY',
        reason: '',
        isServed: true,
        served: version,
        metadata: version.metadata
      }
    ],
    aliases: new Map([['default', version.version]]),
    isFlat,
    config: { aliases: {} }
  }
}

function rowsOf({ shape, data }: NamedTensor): number[][] {
  const [rows = 0, columns = 0] = shape
  const numbers = Array.from<number | bigint | string, number>(data, Number)
  return Array.from({ length: rows }, (_, row) => numbers.slice(row * columns, (row + 1) * columns))
}

/** A matrix of doubles as an output. */
export function matrix(name: string, rows: number[][]): NamedTensor {
  return { name, datatype: 'FP64', shape: [rows.length, rows[0]?.length ?? 0], data: Float64Array.from(rows.flat()) }
}

/** Classes as an output. */
export function labels(name: string, values: number[]): NamedTensor {
  return { name, datatype: 'INT64', shape: [values.length], data: BigInt64Array.from(values, BigInt) }
}
