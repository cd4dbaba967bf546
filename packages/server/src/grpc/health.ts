import { type ServerWritableStream, status, type UntypedServiceImplementation } from '@grpc/grpc-js'
import { MillraceError } from '@millrace/common'
import type { ModelServer } from '@millrace/engine'
import type { Logger } from '../logger.ts'
import { unaryCall } from './calls.ts'

type ServingStatus = 'SERVING' | 'NOT_SERVING' | 'SERVICE_UNKNOWN'
type WatchStream = ServerWritableStream<{ service: string }, { status: ServingStatus }>

/** What {@link healthCalls} is given. */
export interface HealthOptions {
  models: Pick<ModelServer, 'isReady' | 'models'>
  isReady: () => boolean
  log: Logger
  /** Aborted when the server takes no more requests. */
  closing: AbortSignal
  /** Milliseconds between two looks at what is watched. */
  watchEveryMs: number
}

/**
 * The service `grpc.health.v1.Health`: the status of the server under no name and under that of its service, and of each
 * model under the model's name.
 * @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export function healthCalls(options: HealthOptions): UntypedServiceImplementation {
  const { models, isReady, log } = options
  const statusOf = (service: string): ServingStatus => {
    if (service === '' || service === 'inference.GRPCInferenceService') return inWords(isReady())
    if (!models.models().some(({ name }) => name === service)) return 'SERVICE_UNKNOWN'
    return inWords(models.isReady(service))
  }
  return {
    check: unaryCall(log, ({ service }: { service: string }) => {
      const answer = statusOf(service)
      if (answer !== 'SERVICE_UNKNOWN') return { status: answer }
      throw new MillraceError('MILL_MODEL_NOT_FOUND', `there is no service or model ${JSON.stringify(service)}`)
    }),
    watch: (call: WatchStream) => watch(call, statusOf, options),
    list: unaryCall(log, () => ({
      statuses: Object.fromEntries(
        ['', ...models.models().map(({ name }) => name)].map(name => [name, { status: statusOf(name) }])
      )
    }))
  }
}

function inWords(isServing: boolean): ServingStatus {
  return isServing ? 'SERVING' : 'NOT_SERVING'
}

/** Tells the status now and whenever it changes, until the caller hangs up or the server closes. */
function watch(call: WatchStream, statusOf: (service: string) => ServingStatus, options: HealthOptions): void {
  const { closing, watchEveryMs } = options
  let told: ServingStatus | undefined
  const tell = (): void => {
    const current = statusOf(call.request.service)
    if (current !== told) call.write({ status: current })
    told = current
  }
  const timer = setInterval(tell, watchEveryMs)
  const over = new AbortController()
  call.once('cancelled', () => {
    clearInterval(timer)
    over.abort()
  })
  const onClosing = (): void => {
    clearInterval(timer)
    call.emit('error', { code: status.UNAVAILABLE, details: 'the server is closing' })
  }
  if (closing.aborted) return onClosing()
  closing.addEventListener('abort', onClosing, { signal: over.signal })
  tell()
}
