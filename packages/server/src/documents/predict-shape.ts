import { wineFeatureNames } from '@millrace/protocol'
import { type FaultPlace, missing, wrongTypeFault } from '../http/faults.ts'
import { isObject, type JsonObject, own, refuse } from './body-reader.ts'

/** What a body asks for: rows to classify, a wine, an answer of one of the versions, or a forecast of the learner. */
export type PredictShape =
  | { readonly kind: 'data'; readonly body: JsonObject }
  | { readonly kind: 'wine'; readonly body: JsonObject; readonly key: 'wine_features' | 'features' }
  | { readonly kind: 'list'; readonly body: JsonObject }
  | { readonly kind: 'learner' }

const keys = ['data', 'wine_features', 'features'] as const

/** What a client may send. */
const offered =
  'send data (rows of numbers), wine_features (an object of the 11 features of a wine), ' +
  'features (a list of 11 numbers for a wine or of 10 for a classifier), or features (an object of numbers for the learner)'

/**
 * Which model a body of `POST /predict` is for, by its keys. A key that holds null counts only where no other is given.
 * @throws {HttpError} MILL_REQUEST_INVALID for a body that is no object, or has no shape, or two at once
 */
export function predictShape(body: unknown): PredictShape {
  if (body === undefined || body === null) refuse(missing(['body']))
  if (!isObject(body)) refuse(wrongTypeFault(['body'], 'object', body))
  const present = keys.filter(key => own(body, key) !== undefined)
  const given = present.filter(key => own(body, key) !== null)
  if (given.length > 1)
    refuseShape(`the body has ${given.join(' and ')}, and only one of them can be answered; ${offered}`)
  const key = given[0] ?? present[0]
  if (key === undefined) refuseShape(`the body has none of ${keys.join(', ')}; ${offered}`)
  if (key === 'data') return { kind: 'data', body }
  return key === 'features' ? featuresShape(body) : { kind: 'wine', body, key }
}

function featuresShape(body: JsonObject): PredictShape {
  const features = own(body, 'features')
  if (isObject(features)) {
    const isWine = wineFeatureNames.some(name => Object.hasOwn(features, name))
    return isWine ? { kind: 'wine', body, key: 'features' } : { kind: 'learner' }
  }
  if (!Array.isArray(features)) refuseShape(`features must be a list or an object; ${offered}`, ['body', 'features'])
  // Null says nothing of a version; use_ab_testing may not be null, which is for its reader to say.
  const isVersioned = (own(body, 'model_version') ?? null) !== null || own(body, 'use_ab_testing') !== undefined
  const isWine = features.length === wineFeatureNames.length && !isVersioned
  return isWine ? { kind: 'wine', body, key: 'features' } : { kind: 'list', body }
}

function refuseShape(msg: string, loc: FaultPlace = ['body']): never {
  refuse({ type: 'value_error', loc, msg })
}
