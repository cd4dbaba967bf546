import { type Static, Type } from './type.ts'

const number = (description: string) => Type.Number({ description })
const nullableNumber = (description: string) =>
  Type.Unsafe<number | null>({
    type: ['number', 'null'],
    description: `${description}; null while there is too little.`
  })
const count = (description: string) => Type.Integer({ minimum: 0, description })
const interval = (description: string) =>
  Type.Unsafe<readonly [number, number] | null>({
    type: ['array', 'null'],
    items: { type: 'number', description: 'Its ends.' },
    minItems: 2,
    maxItems: 2,
    description
  })

/** Whether units came to arms as they should. */
export const SampleRatioSchema = Type.Object(
  {
    observed: Type.Array(Type.Number(), { description: 'Units by arm.' }),
    expected: Type.Array(Type.Number(), { description: 'Units by arm that the weights call for.' }),
    chi_square: number('Of the chi-square test.'),
    degrees: count('Its degrees of freedom.'),
    p_value: number('Its p-value.'),
    mismatch: Type.Boolean({
      description: 'p < 0.001: something is wrong with the assignment or the counting; no result can be trusted.'
    })
  },
  { title: 'SampleRatio', description: 'Whether units came to arms as they should: looked at before anything else.' }
)

const ArmFiguresSchema = Type.Object(
  {
    arm: Type.String({ description: 'Name of the arm.' }),
    model: Type.String({ description: 'Its model.' }),
    version: Type.String({ description: 'Its version.' }),
    units: count('Units that were served, each once.'),
    given_units: count('Of those, units that can come back, because their id was given.'),
    requests: count('Requests that were answered, from the cache as well.'),
    cached: count('Of those, answers from the cache.'),
    failures: count('Requests that failed for a reason of the server or the model.'),
    fallbacks: count('Of those, requests that control answered instead.'),
    latency_ms: nullableNumber('Mean milliseconds of a request')
  },
  { description: 'What was asked of an arm.' }
)

const ArmMetricSchema = Type.Object(
  {
    arm: Type.String({ description: 'Name of the arm.' }),
    units: count('Units that it is about.'),
    count: count('What the value is an average over: units, or times that it was told.'),
    value: nullableNumber('The average'),
    interval: interval('Within which it lies.'),
    standard_error: nullableNumber('Its standard error')
  },
  { description: 'A metric of one arm.' }
)

const ComparisonSchema = Type.Object(
  {
    arm: Type.String({ description: 'Name of the arm.' }),
    difference: nullableNumber('Value of the arm less that of control'),
    interval: interval('Confidence sequence of the difference: holds however often one looks.'),
    lift: nullableNumber('Difference relative to control: 0.1 for ten per cent more'),
    lift_interval: interval('Of the lift.'),
    p_value: nullableNumber('Always valid: may be looked at after every unit'),
    fixed_p_value: nullableNumber("Of Welch's test, for one look at a size that was fixed before"),
    chance_to_win: nullableNumber('Probability that the arm is better than control'),
    expected_loss: nullableNumber('What is lost on average by choosing this arm, in units of the metric'),
    significant: Type.Boolean({
      description: 'Whether the arm differs from control; never while units come to arms wrongly.'
    })
  },
  { description: 'An arm against control.' }
)

const MetricResultSchema = Type.Object(
  {
    metric: Type.String({ description: 'Name of the metric.' }),
    kind: Type.String({ description: 'Its kind.' }),
    goal: Type.String({ description: 'increase, or decrease.' }),
    arms: Type.Array(ArmMetricSchema, { description: 'By arm.' }),
    comparisons: Type.Array(ComparisonSchema, { description: 'Each other arm against control.' })
  },
  { description: 'A metric of all arms.' }
)

const GuardrailSchema = Type.Object(
  {
    measure: Type.String({ description: 'error_rate, latency_mean or latency_p95.' }),
    arm: Type.String({ description: 'Name of the arm.' }),
    value: nullableNumber('Of the arm'),
    control: nullableNumber('Of control'),
    interval: interval('Of the difference for error_rate, of the ratio to control for latency.'),
    breached: Type.Boolean({ description: 'Whether the arm is worse, beyond chance.' })
  },
  { description: 'What may not suffer.' }
)

/** Reply of `GET /experiments/{id}/results`. */
export const ExperimentResultsReplySchema = Type.Object(
  {
    id: Type.String({ description: 'Id of the experiment.' }),
    state: Type.String({ description: 'Its state.' }),
    phase: Type.Integer({ minimum: 1, description: 'Phase that the numbers are of.' }),
    updated_at: Type.String({ description: 'Of the newest number, ISO 8601.' }),
    summary: Type.String({ description: 'In words: what may be concluded, and what not.' }),
    winner: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Arm that is better by the primary metric; null while nothing is certain, or units came wrongly.'
    }),
    warnings: Type.Array(Type.String(), { description: 'What stands against trusting the numbers.' }),
    sample_ratio: Type.Unsafe<Static<typeof SampleRatioSchema> | null>({
      anyOf: [SampleRatioSchema, { type: 'null' }],
      description: 'Whether units came to arms as they should; null before there are any.'
    }),
    arms: Type.Array(ArmFiguresSchema, { description: 'What was asked of each arm.' }),
    metrics: Type.Array(MetricResultSchema, { description: 'What came of it.' }),
    guardrails: Type.Array(GuardrailSchema, { description: 'What may not suffer.' }),
    units_needed: nullableNumber(
      'Units of each arm that are needed to see a relative change of 5 % of the primary metric, with a power of 0.8'
    ),
    crossed_units: count('Units that came to two arms, as may happen while weights change.'),
    forgotten_units: count('Units beyond what is remembered; they are in no other number.'),
    unknown_outcomes: count('Feedback about units and requests that are not known.'),
    repeated_outcomes: count('Feedback that came again.')
  },
  { title: 'ExperimentResultsReply', description: 'Reply of GET /experiments/{id}/results.' }
)
/** Reply of `GET /experiments/{id}/results`. */
export type ExperimentResultsReply = Static<typeof ExperimentResultsReplySchema>
