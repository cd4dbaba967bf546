import { randomUUID } from 'node:crypto'
import { largestMagnitude } from '@millrace/common'
import type { UnitOutcome } from '@millrace/engine'
import type { RequestFault } from '@millrace/protocol'
import { type BodyReader, type JsonObject, own } from '../documents/body-reader.ts'
import { type FaultPlace, missing, wrongTypeFault } from '../http/faults.ts'
import { type IdCarrier, idempotencyKeyOf, observationIdIn } from '../http/observation-id.ts'

const longestName = 256

/** Fields that only feedback about units and requests has. */
const ownFields = [
  'unit_id',
  'request_id',
  'experiment',
  'conversion',
  'value',
  'metric',
  'label',
  'outcome_id'
] as const

/** Whether feedback is about a unit or a request, and not about a prediction of the learner. */
export function isAboutUnit(body: JsonObject): boolean {
  return ownFields.some(field => own(body, field) !== undefined)
}

/** What somebody told of a unit or a request. */
export interface ToldOutcome {
  readonly experiment: string | undefined
  readonly unit: string | undefined
  readonly requestId: string | undefined
  /** Metric that was named for a conversion or value. */
  readonly metric: string | undefined
  readonly conversion: number | undefined
  readonly value: number | undefined
  readonly label: number | string | undefined
  /** By which a repeat is known. */
  readonly id: string | undefined
}

/** Reads feedback about a unit or a request; what is wrong with it the reader says. */
export function readOutcome(reader: BodyReader, body: JsonObject, place: FaultPlace): ToldOutcome {
  const text = (key: string): string | undefined => reader.text(body, key, { longest: longestName, place })
  const unit = text('unit_id')
  const requestId = requestIdIn(reader, { place, text })
  const told = {
    experiment: text('experiment'),
    unit,
    requestId,
    metric: text('metric'),
    conversion: conversionIn(reader, body, place),
    value: valueIn(reader, body, place),
    label: labelIn(reader, body, place),
    id: idIn(reader, body, place)
  }
  const isNamed = ['unit_id', 'request_id', 'prediction_id'].some(key => own(body, key) !== undefined)
  if (!isNamed) reader.add(oneOf(place, 'unit_id, request_id, prediction_id'))
  const isTold = ['conversion', 'value', 'label', 'actual'].some(key => own(body, key) !== undefined)
  if (!isTold) reader.add(oneOf(place, 'conversion, value, label'))
  return told
}

function oneOf(place: FaultPlace, names: string): RequestFault {
  return { ...missing([...place]), msg: `One of ${names} is required` }
}

function requestIdIn(
  reader: BodyReader,
  { place, text }: { place: FaultPlace; text: (key: string) => string | undefined }
): string | undefined {
  const requestId = text('request_id')
  const predictionId = text('prediction_id')
  if (requestId !== undefined && predictionId !== undefined && requestId !== predictionId) {
    const msg = 'Input should be the same as request_id'
    reader.add({ type: 'value_error', loc: [...place, 'prediction_id'], msg })
  }
  return requestId ?? predictionId
}

function conversionIn(reader: BodyReader, body: JsonObject, place: FaultPlace): number | undefined {
  const value = own(body, 'conversion')
  if (value === undefined) return undefined
  if (value === 0 || value === 1 || typeof value === 'boolean') return Number(value)
  reader.add({
    ...wrongTypeFault([...place, 'conversion'], 'boolean', value),
    msg: 'Input should be 0, 1, true or false'
  })
  return undefined
}

function valueIn(reader: BodyReader, body: JsonObject, place: FaultPlace): number | undefined {
  if (own(body, 'value') === undefined) return undefined
  const value = reader.number(body, 'value', place)
  refuseHuge(reader, value, [...place, 'value'])
  return value
}

/** Squares of what is larger could not be summed, and nothing could be said of the metric ever after. */
function refuseHuge(reader: BodyReader, value: number, loc: FaultPlace): void {
  if (Math.abs(value) <= largestMagnitude || Number.isNaN(value)) return
  reader.add({ type: 'value_error', loc, msg: `Input should be between -${largestMagnitude} and ${largestMagnitude}` })
}

function labelIn(reader: BodyReader, body: JsonObject, place: FaultPlace): number | string | undefined {
  const [key, other] = own(body, 'label') === undefined ? (['actual'] as const) : (['label', 'actual'] as const)
  const value = own(body, key)
  const loc = [...place, key]
  if (other !== undefined && own(body, other) !== undefined && own(body, other) !== value) {
    reader.add({ type: 'value_error', loc: [...place, other], msg: 'Input should be the same as label' })
  }
  if (value === undefined) return undefined
  if (typeof value === 'string') return reader.text(body, key, { longest: longestName, place })
  if (typeof value === 'number' && Number.isFinite(value)) {
    refuseHuge(reader, value, loc)
    return value
  }
  reader.add({ ...wrongTypeFault(loc, 'number', value), msg: 'Input should be a finite number or a text' })
  return undefined
}

function idIn(reader: BodyReader, body: JsonObject, place: FaultPlace): string | undefined {
  const value = own(body, 'outcome_id')
  if (value === undefined) return undefined
  const loc = [...place, 'outcome_id']
  const isId = Number.isSafeInteger(value) || (typeof value === 'string' && value !== '' && value.length <= longestName)
  if (isId) return observationIdIn(value as string | number, loc)
  reader.add({
    type: 'value_error',
    loc,
    msg: `Input should be a text of 1 to ${longestName} characters, or an integer`
  })
  return undefined
}

/**
 * The id of an outcome: its own, or the `Idempotency-Key` of the request.
 * @param position in a batch
 * @throws {HttpError} MILL_REQUEST_INVALID for a header that is no id
 */
export function outcomeId(told: ToldOutcome, headers: IdCarrier['headers'], position?: number): string | undefined {
  if (told.id !== undefined) return told.id
  const key = idempotencyKeyOf(headers)
  return key === undefined || position === undefined ? key : `${key}/${position}`
}

/** Metrics that are measured at present, by their kinds. */
export interface MeasuredMetric {
  readonly experiment: string
  readonly name: string
  readonly kind: string
  /** Whether every request is drawn anew, and is a unit of its own. */
  readonly isDrawn: boolean
}

/** Whether numbers of a metric follow from labels, and are told by nobody. */
export function isOfLabels({ kind }: MeasuredMetric): boolean {
  return kind === 'accuracy' || kind === 'error'
}

/**
 * What the engine is to count, an outcome for each metric that it concerns; none for what nobody measures.
 * @param id by which repeats are known
 */
export function outcomesOf(
  { experiment, unit, requestId, metric, conversion, value, label }: ToldOutcome,
  id: string | undefined,
  measured: readonly MeasuredMetric[]
): UnitOutcome[] {
  const to = { experiment, unit, requestId }
  const wanted = measured.filter(one => experiment === undefined || one.experiment === experiment)
  // Without an id each counts; of a unit that converts again only the first does anyway.
  const onlyId = id ?? randomUUID()
  const told: [metric: string, value: number | undefined][] = [
    [value === undefined ? (metric ?? 'conversion') : 'conversion', conversion],
    [metric ?? 'value', value]
  ]
  const counts = told.flatMap(([name, count]) =>
    count === undefined || !wanted.some(one => one.name === name && !isOfLabels(one))
      ? []
      : [{ ...to, metric: name, value: count, id: onlyId }]
  )
  if (label === undefined) return counts
  const labelId = id ?? `label of ${requestId ?? unit}`
  const isNamed = metric !== undefined && conversion === undefined && value === undefined
  const names = new Set(
    wanted
      .filter(one => isOfLabels(one) && (one.kind === 'accuracy' || typeof label === 'number'))
      .filter(({ name }) => !isNamed || name === metric)
      .map(({ name }) => name)
  )
  return [...counts, ...Array.from(names, name => ({ ...to, metric: name, value: { label }, id: labelId }))]
}
