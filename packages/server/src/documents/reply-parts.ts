import type { InferReply } from '@millrace/engine'
import { longestRequestId, longestUnitId, type Routing } from '@millrace/protocol'
import type { FastifyRequest } from 'fastify'
import type { FaultPlace } from '../http/faults.ts'
import type { Asking, Names, WhoAsks } from '../http/who-asks.ts'
import type { BodyReader, JsonObject } from './body-reader.ts'

/** What a body says of who asks. */
export interface Introduction extends Names {
  /** False for a request that takes no part in experiments. */
  readonly mayExperiment: boolean
}

/** Reads who asks, and whether the request may take part in experiments. */
export function introductionIn(reader: BodyReader, body: JsonObject, place: FaultPlace): Introduction {
  return {
    id: reader.text(body, 'request_id', { longest: longestRequestId, place }),
    unitId: reader.text(body, 'unit_id', { longest: longestUnitId, place }),
    mayExperiment: reader.boolean(body, 'use_ab_testing', place) ?? true
  }
}

/** What a request of the documented API says to the model server of itself. */
export interface Asker extends Asking {
  readonly entry: 'predict'
  readonly mayExperiment: boolean
}

/** @param position of what came together in one request */
export function askerOf(whoAsks: WhoAsks, said: Introduction, request: FastifyRequest, position?: number): Asker {
  return { ...whoAsks(said, request, position), entry: 'predict', mayExperiment: said.mayExperiment }
}

/** Characters of a version that is worth looking for. */
const longestVersion = 1024

/** The version or alias that a request names; undefined for none. */
export function versionIn(reader: BodyReader, body: JsonObject, place: FaultPlace): string | undefined {
  return reader.text(body, 'model_version', { longest: longestVersion, place })
}

/** Which version answered, as replies tell it. */
export function routingOf({ route }: Pick<InferReply, 'route'>): Routing {
  const { model, version, reason, alias, assignment } = route
  const named = alias === undefined ? { model, version, reason } : { model, version, reason, alias }
  if (assignment === undefined) return named
  const { experiment, arm, probability, isSticky } = assignment
  return { ...named, experiment, arm, probability, sticky: isSticky }
}

/** Milliseconds to the tenth of a microsecond. */
export function milliseconds(ms: number): number {
  return Math.round(ms * 1e4) / 1e4
}

/** Milliseconds as seconds, to the tenth of a microsecond. */
export function seconds(ms: number): number {
  return Math.round(ms * 1e4) / 1e7
}
