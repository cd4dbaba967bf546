import type { InferReply } from '@millrace/engine'
import { type ListPredictReply, wineFeatureNames } from '@millrace/protocol'
import type { Question } from './ask-model.ts'
import { type BodyReader, type JsonObject, own } from './body-reader.ts'
import { classesOf } from './classes.ts'
import { type Introduction, introductionIn, routingOf, seconds, versionIn } from './reply-parts.ts'

/** What a list of features asks, but for the model; and who asks. */
export interface ReadList {
  readonly question: Omit<Question, 'model'>
  readonly said: Introduction
}

const place = ['body']
const loc = [...place, 'features']

/** Reads a body with a list of features. Whether they fit a model is seen when that is asked. */
export function readList(reader: BodyReader, body: JsonObject): ReadList {
  const numbers = reader.numbers(own(body, 'features'), loc)
  const said = introductionIn(reader, body, place)
  const version = versionIn(reader, body, place)
  const isPlain = version === undefined && own(body, 'use_ab_testing') === undefined
  const matrix = {
    rows: [numbers],
    place: (_row: number, column?: number) => (column === undefined ? loc : [...loc, column]),
    ...(isPlain ? { hint: `; a list of ${wineFeatureNames.length} numbers is a wine` } : {})
  }
  return { question: { matrix, version }, said }
}

/** Reply to a list of features. */
export function listReply(reply: InferReply, requestId: string): ListPredictReply {
  const { labels, probabilities } = classesOf(reply)
  const chances = probabilities[0]
  return {
    prediction: labels[0]!,
    model_version: reply.route.version,
    confidence: chances === undefined ? null : Math.max(...chances),
    processing_time: seconds(reply.durationMs),
    request_id: requestId,
    routing: routingOf(reply)
  }
}
