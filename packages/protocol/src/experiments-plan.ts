import { type Static, Type } from './type.ts'

/** `POST /experiments/plan`: how large an experiment has to be. */
export const ExperimentPlanRequestSchema = Type.Object(
  {
    baseline: Type.Number({
      description: 'What a unit of control is worth today: a rate between 0 and 1, or a mean with standard_deviation.'
    }),
    standard_deviation: Type.Optional(
      Type.Number({ description: 'Of the values of units, above 0; without it the baseline is a rate.' })
    ),
    lift: Type.Optional(
      Type.Number({ description: 'Smallest relative change that is to be seen: 0.05 is from 10 % to 10.5 %.' })
    ),
    difference: Type.Optional(
      Type.Number({ description: 'The same as a difference, in place of lift: 0.05 is from 10 % to 15 %.' })
    ),
    alpha: Type.Optional(
      Type.Number({
        minimum: 1e-6,
        maximum: 0.5,
        default: 0.05,
        description: 'Chance to see something where there is nothing.'
      })
    ),
    power: Type.Optional(
      Type.Number({
        minimum: 0.5,
        maximum: 0.999_999,
        default: 0.8,
        description: 'Chance to see the change where it is there.'
      })
    ),
    arms: Type.Optional(
      Type.Integer({ minimum: 2, maximum: 20, default: 2, description: 'How many arms, control among them.' })
    ),
    units_per_day: Type.Optional(
      Type.Number({ description: 'Units that come in a day, above 0, to say how many days it takes.' })
    )
  },
  {
    title: 'ExperimentPlanRequest',
    description: 'POST /experiments/plan: how large an experiment has to be. One of lift and difference is required.',
    examples: [{ baseline: 0.1, lift: 0.1 }]
  }
)

const UnitsSchema = Type.Object(
  {
    units_per_arm: Type.Integer({ description: 'Units of each arm.' }),
    units: Type.Integer({ description: 'Units of all arms together.' }),
    days: Type.Unsafe<number | null>({
      type: ['number', 'null'],
      description: 'Days until they have come; null without units_per_day.'
    })
  },
  { description: 'How many units it takes.' }
)

/** Reply of `POST /experiments/plan`. */
export const ExperimentPlanReplySchema = Type.Object(
  {
    always_valid: Type.Object(UnitsSchema.properties, {
      description: 'For looks at any time, as the results are made for: an earlier look may end it sooner.'
    }),
    one_look: Type.Object(UnitsSchema.properties, {
      description: 'For one look at the end, at fixed_p_value, and none before.'
    })
  },
  { title: 'ExperimentPlanReply', description: 'Reply of POST /experiments/plan.' }
)
/** Reply of `POST /experiments/plan`. */
export type ExperimentPlanReply = Static<typeof ExperimentPlanReplySchema>
