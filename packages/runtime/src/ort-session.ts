import path from 'node:path'
import { MillraceError } from '@millrace/common'
import {
  datatypeOfOrt,
  elementTypeName,
  type OrtBinding,
  type OrtInput,
  type OrtValueInfo,
  ortTypes
} from './ort-binding.ts'
import type { Tensor, TensorSpec } from './tensor.ts'

/** A session on the thread that made it. Every call blocks that thread until it is done. */
export interface Session {
  readonly inputs: readonly TensorSpec[]
  /** Those that are tensors of types that can be served. */
  readonly outputs: readonly TensorSpec[]
  /** Why the other outputs are not served. */
  readonly unserved: readonly string[]
  /**
   * @param inputs in the order of the model
   * @param outputs indices of those wanted
   * @returns the outputs wanted, in that order, each in memory of its own
   * @throws {Error} of the native library
   */
  run(inputs: readonly Tensor[], outputs: readonly number[]): Tensor[]
  dispose(): void
}

/** How a session is made. */
export interface SessionOptions {
  /** Threads that one run may use. */
  readonly threads: number
  /** Where the bytes come from: external data that they name are looked for beside it. */
  readonly file: string
  /**
   * Whether memory of a run is kept for the next. It takes what the largest run took, a megabyte at least, and saves time
   * only where a run takes megabytes.
   */
  readonly keepsMemory: boolean
}

/**
 * Make a session from the bytes of a file. Blocks for 1 ms (10 KB) to 50 ms (67 MB) and more.
 * @throws {Error} of the native library, or {@link MillraceError} MILL_MODEL_INVALID for what cannot be served
 */
export function createSession(ort: OrtBinding, bytes: Uint8Array, options: SessionOptions): Session {
  const native = new ort.InferenceSession()
  native.loadModel(bytes.buffer, bytes.byteOffset, bytes.byteLength, nativeOptions(options))
  try {
    return wrap(native)
  } catch (error) {
    native.dispose()
    throw error
  }
}

/** Threads are always given: by default the library takes all cores of the machine, whatever the process may use. */
function nativeOptions({ threads, file, keepsMemory }: SessionOptions): object {
  return {
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    enableCpuMemArena: keepsMemory,
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    logSeverityLevel: 4,
    extra: {
      session: {
        // Threads that wait would otherwise spin, and take cores from the thread that answers requests.
        intra_op: { allow_spinning: '0' },
        inter_op: { allow_spinning: '0' },
        model_external_initializers_file_folder_path: path.dirname(path.resolve(file))
      }
    }
  }
}

function wrap(native: InstanceType<OrtBinding['InferenceSession']>): Session {
  const inputs = native.inputMetadata.map(inputSpec)
  const served = native.outputMetadata.filter(isServed)
  const unserved = native.outputMetadata.filter(info => !isServed(info)).map(describeUnserved)
  if (served.length === 0)
    throw new MillraceError('MILL_MODEL_INVALID', `no output can be served: ${unserved.join('; ')}`)
  const outputs = served.map(toSpec)
  const feeds = emptyFeeds(inputs)
  const feedList = inputs.map(({ name }) => feeds[name]!)
  const fetchesFor = fetchesByOutputs(outputs)
  return {
    inputs,
    outputs,
    unserved,
    run(given, wanted) {
      for (let index = 0; index < given.length; index++) {
        const feed = feedList[index]!
        feed.dims = given[index]!.shape
        feed.data = given[index]!.data
      }
      const results = native.run(feeds, fetchesFor(wanted))
      return wanted.map(index => results[outputs[index]!.name]!)
    },
    dispose: () => native.dispose()
  }
}

/** One object for all runs: making it anew would cost more than filling it. */
function emptyFeeds(inputs: readonly TensorSpec[]): Record<string, OrtInput> {
  const feeds = Object.create(null) as Record<string, OrtInput>
  for (const { name, datatype } of inputs) {
    feeds[name] = { type: ortTypes[datatype], dims: [], data: [], location: 'cpu' }
  }
  return feeds
}

function fetchesByOutputs(outputs: readonly TensorSpec[]): (wanted: readonly number[]) => Record<string, null> {
  const toFetches = (wanted: readonly number[]): Record<string, null> =>
    Object.assign(Object.create(null), Object.fromEntries(wanted.map(index => [outputs[index]!.name, null])))
  const all = toFetches(outputs.map((_, index) => index))
  return wanted => (wanted.length === outputs.length ? all : toFetches(wanted))
}

const isServed = ({ isTensor, type }: OrtValueInfo): boolean => isTensor && datatypeOfOrt(type) !== undefined

const describeUnserved = ({ name, isTensor, type }: OrtValueInfo): string =>
  isTensor ? `'${name}' has elements of ${elementTypeName(type)}` : `'${name}' is not a tensor`

function inputSpec(info: OrtValueInfo): TensorSpec {
  if (isServed(info)) return toSpec(info)
  throw new MillraceError('MILL_MODEL_INVALID', `input ${describeUnserved(info)}`)
}

const toSpec = ({ name, type, shape }: OrtValueInfo): TensorSpec => ({
  name,
  datatype: datatypeOfOrt(type)!,
  shape: [...shape]
})
