import type { InferReply } from '@millrace/engine'
import type { DataPredictReply } from '@millrace/protocol'
import type { FaultPlace } from '../http/faults.ts'
import type { Question } from './ask-model.ts'
import { type BodyReader, type JsonObject, own } from './body-reader.ts'
import { missing } from '../http/faults.ts'
import { classesOf } from './classes.ts'
import { type Introduction, introductionIn, routingOf, seconds, versionIn } from './reply-parts.ts'

/** Seconds that an answer may be kept on request. */
const keep = { minimum: 1, maximum: 86_400 }

/** What `data` asks, but for the model; and who asks. */
export interface ReadData {
  readonly question: Omit<Question, 'model'>
  readonly said: Introduction
}

/** Reads a body with `data`. Whether its rows fit a model is seen when that is asked. */
export function readData(reader: BodyReader, body: JsonObject, place: FaultPlace): ReadData {
  const data = own(body, 'data')
  const loc = [...place, 'data']
  if (data === undefined) reader.add(missing(loc))
  const rows = data === undefined ? [] : reader.rows(data, loc)
  const useCache = reader.boolean(body, 'use_cache', place)
  const ttl = reader.integer(body, 'cache_ttl', { ...keep, place })
  const question = {
    matrix: {
      rows,
      place: (row: number, column?: number) => (column === undefined ? [...loc, row] : [...loc, row, column])
    },
    useCache,
    cacheTtlMs: ttl === undefined ? undefined : ttl * 1000,
    version: versionIn(reader, body, place)
  }
  return { question, said: introductionIn(reader, body, place) }
}

/** Reply to `data`. */
export function dataReply(
  reply: InferReply,
  { matrix: { rows } }: Pick<Question, 'matrix'>,
  requestId: string
): DataPredictReply {
  const { labels, probabilities } = classesOf(reply)
  const { model, version } = reply.route
  return {
    predictions: labels as DataPredictReply['predictions'],
    probabilities: probabilities as number[][],
    model_info: {
      model_name: model,
      model_version: version,
      prediction_time: seconds(reply.durationMs),
      input_shape: [rows.length, rows[0]!.length],
      cached: reply.isCached
    },
    request_id: requestId,
    routing: routingOf(reply)
  }
}
