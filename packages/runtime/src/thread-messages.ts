import type { ErrorCode } from '@millrace/common'
import type { NamedTensor, Tensor, TensorSpec } from './tensor.ts'
import type { WarmUp } from './warm-up.ts'

/** What a thread is to make a session from. */
export interface OpenRequest {
  readonly path: string
  /** SHA-256 that the file must have, in hexadecimal. */
  readonly sha256?: string | undefined
  /** Threads that one run may use. */
  readonly threads: number
  /** One row of inputs. */
  readonly example?: readonly NamedTensor[] | undefined
  /** Whether to measure it and to check its rows; otherwise it is only run once. */
  readonly isMeasured: boolean
  /** Send the bytes along when a run and the making of the session took no longer. */
  readonly bytesIf?: { readonly rowUs: number; readonly createMs: number } | undefined
}

/** What a thread found. */
export interface OpenReport {
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
  readonly unserved: readonly string[]
  readonly classLabels: ReadonlyMap<string, readonly string[]>
  readonly fileBytes: number
  /** Of the file, in hexadecimal. */
  readonly sha256: string
  readonly createMs: number
  /** Estimate of what the session holds. */
  readonly memoryBytes: number
  readonly warmUp: WarmUp
  readonly bytes: Uint8Array | undefined
}

/** What a thread is to run. */
export interface ThreadRun {
  readonly inputs: readonly Tensor[]
  readonly wanted: readonly number[]
}

/** What a thread answers. */
export interface ThreadResult {
  readonly outputs: readonly Tensor[]
  readonly inferNs: number
}

/** What is said to a thread. It answers each message before it takes the next. */
export type ToThread =
  | { readonly kind: 'open'; readonly open: OpenRequest }
  | { readonly kind: 'run'; readonly run: ThreadRun }
  | { readonly kind: 'close' }

/** What a thread answers: what was asked for, or why it failed. */
export type FromThread =
  | { readonly isDone: true; readonly value: OpenReport | ThreadResult | undefined }
  | { readonly isDone: false; readonly code: ErrorCode | undefined; readonly message: string }
