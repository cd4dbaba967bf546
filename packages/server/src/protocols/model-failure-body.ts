import type { FastifyRequest } from 'fastify'
import type { Failure } from '../http/failure.ts'
import { errorBody } from './failed-protocol-replies.ts'

/** The body of a failed reply about a model. Scripts look for Triton's words where one cannot be loaded. */
export function modelFailureBody(failed: Failure, { params, routeOptions }: FastifyRequest): object {
  const { model } = params as { model?: string }
  const { message } = failed.body
  if (routeOptions.url?.endsWith('/load') !== true || message.startsWith('failed to load')) return errorBody(failed)
  return errorBody(failed, `failed to load '${model}', ${message}`)
}
