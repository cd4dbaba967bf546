import { isMainThread } from 'node:worker_threads'
import type { Datatype, TensorData } from './tensor.ts'

/** What the session of the native library takes for a tensor. */
export interface OrtInput {
  type: string
  dims: readonly number[]
  data: TensorData
  location: 'cpu'
}

/** What the native library tells of an input or output. */
export interface OrtValueInfo {
  readonly name: string
  readonly isTensor: boolean
  /** Number of the element type; see {@link datatypeOfOrt}. */
  readonly type: number
  /** -1 where any size will do. */
  readonly shape: readonly number[]
}

/** A session of the native library. Every call blocks the thread until it is done. */
export interface OrtSession {
  readonly inputMetadata: readonly OrtValueInfo[]
  readonly outputMetadata: readonly OrtValueInfo[]
  loadModel(buffer: ArrayBufferLike, byteOffset: number, byteLength: number, options: object): void
  run(feeds: Readonly<Record<string, OrtInput>>, fetches: Readonly<Record<string, null>>): Record<string, OrtOutput>
  dispose(): void
}

/** The native library. */
export interface OrtBinding {
  readonly InferenceSession: new () => OrtSession
}

interface RawBinding extends OrtBinding {
  initOrtOnce(logLevel: number, tensor: typeof OrtOutput, isMainThread: boolean): void
}

/** Names of the element types by their numbers in ONNX, which are also those of the native library. */
const elementTypes: readonly string[] = [
  'undefined',
  'float32',
  'uint8',
  'int8',
  'uint16',
  'int16',
  'int32',
  'int64',
  'string',
  'bool',
  'float16',
  'float64',
  'uint32',
  'uint64',
  'complex64',
  'complex128',
  'bfloat16'
]

const datatypesByElementType: Readonly<Record<string, Datatype>> = {
  float32: 'FP32',
  uint8: 'UINT8',
  int8: 'INT8',
  uint16: 'UINT16',
  int16: 'INT16',
  int32: 'INT32',
  int64: 'INT64',
  string: 'BYTES',
  bool: 'BOOL',
  float16: 'FP16',
  float64: 'FP64',
  uint32: 'UINT32',
  uint64: 'UINT64'
}

/** What the native library calls each type. */
export const ortTypes = Object.fromEntries(
  Object.entries(datatypesByElementType).map(([type, datatype]) => [datatype, type])
) as Readonly<Record<Datatype, string>>

/** Name of an element type by its number. */
export const elementTypeName = (type: number): string => elementTypes[type] ?? `type ${type}`

/** The type of elements by its number; undefined where it cannot be served. */
export const datatypeOfOrt = (type: number): Datatype | undefined => datatypesByElementType[elementTypeName(type)]

/** What the native library makes of each output, in memory of its own. */
class OrtOutput {
  readonly datatype: Datatype
  readonly shape: readonly number[]
  readonly data: TensorData

  constructor(type: string, data: TensorData, dims: readonly number[]) {
    this.datatype = datatypesByElementType[type]!
    this.shape = dims
    this.data = data
  }
}

/** Only what ends the process is printed; errors come back as exceptions. */
const fatalOnly = 4

let loading: Promise<OrtBinding> | undefined

/**
 * The native library, loaded by the first call: some 50 ms and 25 MB. This is the layer below `InferenceSession` of
 * onnxruntime-common, whose `run` puts off each native call by a turn of the event loop and several promises, then
 * checks each tensor twice: more than a small model costs. The version of the library is pinned.
 */
export function loadOrt(): Promise<OrtBinding> {
  loading ??= initialise()
  return loading
}

async function initialise(): Promise<OrtBinding> {
  const { binding } = (await import('onnxruntime-node/dist/binding.js')) as unknown as { binding: RawBinding }
  binding.initOrtOnce(fatalOnly, OrtOutput, isMainThread)
  return binding
}
