import type { ModelServer } from '@millrace/engine'
import type { Logger } from '../logger.ts'

/** The part of a model server that gRPC asks. */
export type AskedModels = Pick<
  ModelServer,
  'infer' | 'isReady' | 'load' | 'model' | 'models' | 'resolve' | 'statistics' | 'unload'
>

/** What {@link startGrpc} is given. */
export interface GrpcOptions {
  models: AskedModels
  host: string
  /** 0 picks a free one. */
  port: number
  log: Logger
  /** Bytes of the largest request. */
  maxMessageBytes: number
  /** Name of the metadata that name the unit of experiments; that of the standard header unless given. */
  unitHeader?: string | undefined
  /** Whether the server as a whole can answer. */
  isReady: () => boolean
  /** Milliseconds between two looks at what a health client watches; 1000 unless given. */
  watchEveryMs?: number
}
