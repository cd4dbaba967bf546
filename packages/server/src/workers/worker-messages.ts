import type { AddressInfo } from 'node:net'
import type { Config } from '../config-schema.ts'
import type { ModelMirror } from './model-mirror.ts'
import type { WorkerReport } from './worker-report.ts'

/** All that a worker needs to begin. */
export interface WorkerOrder {
  /** From 1. */
  readonly worker: number
  readonly config: Config
  readonly logLevel: Config['logLevel']
  /** Where the primary answers what workers do not: a Unix-domain socket in a folder of its own. */
  readonly primaryPath: string
  readonly mirror: ModelMirror
}

/** What the primary tells a worker. */
export type ToWorker =
  | ({ readonly kind: 'start' } & WorkerOrder)
  | { readonly kind: 'listen'; readonly host: string; readonly port: number }
  /** All workers listen: tell everybody that requests are answered, once what there was at the start is loaded. */
  | { readonly kind: 'open' }
  | { readonly kind: 'mirror'; readonly mirror: ModelMirror }
  | { readonly kind: 'report' }
  /** Answer what runs, then end. */
  | { readonly kind: 'stop' }

/** What a worker tells the primary. */
export type FromWorker =
  /** It hears. */
  | { readonly kind: 'born' }
  /** It answers by what the primary served at this revision, or a later one. */
  | { readonly kind: 'mirrored'; readonly revision: number }
  | { readonly kind: 'listening'; readonly address: AddressInfo }
  /** It cannot listen. */
  | { readonly kind: 'refused'; readonly message: string; readonly code: string }
  | { readonly kind: 'report'; readonly report: WorkerReport }
