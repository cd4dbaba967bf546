import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { MillraceError } from '@millrace/common'
import { type PlannedUnits, planSample, type SampleQuestion } from '@millrace/engine'
import { type ExperimentPlanReply, ExperimentPlanReplySchema, ExperimentPlanRequestSchema } from '@millrace/protocol'
import { BodyReader, type JsonObject, own } from '../documents/body-reader.ts'
import { documentedParts } from '../http/documented-parts.ts'
import { missing } from '../http/faults.ts'
import { failures } from '../http/route-schema.ts'
import { objectIn } from './body.ts'

const place = ['body']

/** `POST /experiments/plan`: how many units an experiment needs. */
export const planRoute: FastifyPluginAsyncTypebox = async app => {
  app.post(
    '/experiments/plan',
    {
      config: documentedParts({ body: ExperimentPlanRequestSchema }),
      schema: {
        operationId: 'planExperiment',
        summary: 'How many units an experiment needs to show a change of a certain size',
        response: { 200: ExperimentPlanReplySchema, ...failures }
      }
    },
    async ({ body }): Promise<ExperimentPlanReply> => {
      const { question, arms, unitsPerDay } = wishesIn(objectIn(body))
      const { fixed, alwaysValid } = await planSample(question)
      if (!Number.isFinite(alwaysValid.arm))
        throw new MillraceError('MILL_OPTION_INVALID', 'no number of units is enough')
      const told = ({ control, arm }: PlannedUnits) => {
        const units = control + (arms - 1) * arm
        const days = unitsPerDay === undefined ? null : Math.ceil((10 * units) / unitsPerDay) / 10
        return { units_per_arm: arm, units, days }
      }
      return { always_valid: told(alwaysValid), one_look: told(fixed) }
    }
  )
}

interface PlanWishes {
  readonly question: SampleQuestion
  readonly arms: number
  readonly unitsPerDay: number | undefined
}

/** @throws {HttpError} MILL_REQUEST_INVALID, with every fault */
function wishesIn(body: JsonObject): PlanWishes {
  const reader = new BodyReader()
  const between = (key: string, high: number): number | undefined => {
    if (own(body, key) === undefined) return undefined
    const value = reader.number(body, key, place)
    if (value > 0 && value < high) return value
    const range = high === Infinity ? 'greater than 0' : `between 0 and ${high}`
    if (!Number.isNaN(value)) reader.add({ type: 'value_error', loc: [...place, key], msg: `Input should be ${range}` })
    return undefined
  }
  const within = (key: string, least: number, most: number): number | undefined => {
    if (own(body, key) === undefined) return undefined
    const value = reader.number(body, key, place)
    const msg = `Input should be from ${least} to ${most}`
    if (value < least || value > most) reader.add({ type: 'value_error', loc: [...place, key], msg })
    return value
  }
  const alpha = within('alpha', 1e-6, 0.5)
  const power = within('power', 0.5, 0.999_999)
  const unitsPerDay = between('units_per_day', Infinity)
  const arms = reader.integer(body, 'arms', { minimum: 2, maximum: 20, place }) ?? 2
  const baseline = baselineIn(reader, body, between)
  const effect = effectIn(reader, body)
  reader.throwIfFaulty()
  const limits = { ...(alpha !== undefined && { alpha }), ...(power !== undefined && { power }) }
  return { question: { baseline, effect, comparisons: arms - 1, ...limits }, arms, unitsPerDay }
}

function baselineIn(
  reader: BodyReader,
  body: JsonObject,
  between: (key: string, high: number) => number | undefined
): SampleQuestion['baseline'] {
  const standardDeviation = between('standard_deviation', Infinity)
  if (own(body, 'standard_deviation') === undefined) {
    if (own(body, 'baseline') === undefined) reader.add(missing([...place, 'baseline']))
    return { rate: between('baseline', 1) ?? Number.NaN }
  }
  return { mean: reader.number(body, 'baseline', place), standardDeviation: standardDeviation ?? Number.NaN }
}

function effectIn(reader: BodyReader, body: JsonObject): SampleQuestion['effect'] {
  const isRelative = own(body, 'lift') !== undefined
  const isAbsolute = own(body, 'difference') !== undefined
  if (isRelative === isAbsolute) {
    reader.add({ type: 'missing', loc: place, msg: 'One of lift, difference is required, and not both' })
    return { relative: Number.NaN }
  }
  const key = isRelative ? 'lift' : 'difference'
  const size = reader.number(body, key, place)
  if (size === 0) reader.add({ type: 'value_error', loc: [...place, key], msg: 'Input should not be 0' })
  return isRelative ? { relative: size } : { absolute: size }
}
