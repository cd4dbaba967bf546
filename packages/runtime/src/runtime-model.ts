import type { NamedTensor, TensorSpec } from './tensor.ts'

/** What a model is to be run on. */
export interface RunRequest {
  /** Every input of the model once, in any order. */
  readonly inputs: readonly NamedTensor[]
  /** Names of the outputs wanted, in the order wanted; all in the order of the model unless given. */
  readonly outputs?: readonly string[] | undefined
  /** `performance.now()` after which nobody waits for the answer. */
  readonly deadline?: number | undefined
  /** Requests of a lower number run first; 0 unless given. */
  readonly priority?: number | undefined
}

/** What became of a run, and where its time went. */
export interface RunResult {
  readonly outputs: readonly NamedTensor[]
  /** Rows of the batch that this request ran in; 1 for a model without batches. */
  readonly batchRows: number
  readonly timing: RunTiming
}

/** Nanoseconds of each part of a run. */
export interface RunTiming {
  /** Waiting for the session. */
  readonly queueNs: number
  /** Putting inputs together. */
  readonly inputNs: number
  /** The session itself, for the whole batch. */
  readonly inferNs: number
  /** Taking outputs apart. */
  readonly outputNs: number
}

/** What was found out about a model when it was loaded. */
export interface RuntimeFacts {
  /** Whether runs happen on the calling thread, because they are short, or in a worker thread. */
  readonly placement: 'inline' | 'thread'
  /** Milliseconds from the file to a session that is warm. */
  readonly loadMs: number
  /** Microseconds of one warm run of one row; undefined when no input could be made up. */
  readonly rowUs: number | undefined
  /** Bytes of the file. */
  readonly fileBytes: number
  /** Estimated bytes in memory. */
  readonly memoryBytes: number
  /** Why requests are not run together; undefined when they are. */
  readonly unbatchable: string | undefined
  /** Most rows of one run; 1 for a model without batches. */
  readonly maxBatchRows: number
  /** SHA-256 of the file, in hexadecimal. */
  readonly sha256: string
  /** Outputs of the file that are not served, with the reason: they are not tensors, or of types that nobody reads. */
  readonly unserved: readonly string[]
}

/** What a model has done since it was loaded. */
export interface RuntimeCounts {
  /** Rows of all successful runs. */
  readonly inferences: number
  /** Runs of the session. */
  readonly executions: number
  /** Requests that wait or run. */
  readonly pending: number
  /** Runs by the number of rows, fewest first; beyond 128 rows, by the next power of two. */
  readonly batches: readonly {
    readonly rows: number
    readonly count: number
    readonly inputNs: number
    readonly inferNs: number
    readonly outputNs: number
  }[]
}

/** A model that is loaded, checked and warm. */
export interface RuntimeModel {
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
  /** Names of the classes, for outputs that name them in the file (a ZipMap, as scikit-learn's converter adds). */
  readonly classLabels: ReadonlyMap<string, readonly string[]>
  readonly facts: RuntimeFacts
  /**
   * Run the model, together with other requests that wait. A request whose inputs make the model fail does so alone.
   * @throws {MillraceError} MILL_INPUT_INVALID, MILL_RUN_FAILED, MILL_OVERLOADED for a full queue, or
   *   MILL_DEADLINE_EXCEEDED; MILL_MODEL_NOT_READY once it is closed
   */
  run(request: RunRequest): Promise<RunResult>
  counts(): RuntimeCounts
  /** Take no more requests, answer those that wait, then give the memory back. */
  close(): Promise<void>
}

/** What to load, and how. */
export interface LoadOptions {
  /** Model and version, for messages. */
  readonly label: string
  /** The ONNX file. */
  readonly path: string
  /** SHA-256 of that file in hexadecimal, which must hold for the bytes that are loaded. */
  readonly sha256?: string | undefined
  /** Most rows of one run; 64 unless given, 1 turns batching off. */
  readonly maxBatchRows?: number | undefined
  /** Microseconds that the first request of a batch waits for others, in whole milliseconds upwards; 0 unless given. */
  readonly batchDelayUs?: number | undefined
  /** Requests that may wait; more are refused. 1000 unless given. */
  readonly queueLimit?: number | undefined
  /**
   * False while nobody waits for the calling thread, as at the start of a server: a small model is tried on it then,
   * which is quicker. True unless given: a model is tried on a thread of its own first.
   */
  readonly isServing?: boolean | undefined
  /** Where to run; found out by measuring unless given. */
  readonly placement?: 'inline' | 'thread' | undefined
  /** Sessions in threads of their own; 1 unless given. */
  readonly instances?: number | undefined
  /** Threads of one session; chosen from the cores of the process unless given. */
  readonly threads?: number | undefined
  /** An example of the inputs with one row, to warm up with; made up from the shapes unless given. */
  readonly example?: readonly NamedTensor[] | undefined
}

/** Loads models and owns the threads they run in. */
export interface Runtime {
  /**
   * Load, check and warm up a model. The calling thread is not held up for longer than a short run takes.
   * @throws {MillraceError} MILL_MODEL_INVALID, with the reason; nothing is left behind
   */
  load(options: LoadOptions): Promise<RuntimeModel>
  /** Close all models and end all threads. */
  close(): Promise<void>
}
