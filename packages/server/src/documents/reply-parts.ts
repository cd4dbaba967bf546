import type { InferReply } from '@millrace/engine'
import { longestRequestId, type Routing } from '@millrace/protocol'
import type { FaultPlace } from '../http/faults.ts'
import type { BodyReader, JsonObject } from './body-reader.ts'

/** The id that a request gives itself in its body; undefined for none. */
export function requestIdIn(reader: BodyReader, body: JsonObject, place: FaultPlace): string | undefined {
  return reader.text(body, 'request_id', { longest: longestRequestId, place })
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
