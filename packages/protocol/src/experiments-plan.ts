import { type Static, Type } from './type.ts'

/** `POST /experiments/plan`: how large an experiment has to be. */
export const ExperimentPlanRequestSchema = Type.Object(
  {
    kind: Type.Optional(
      Type.Unsafe<'conversion' | 'mean'>({
        type: 'string',
        enum: ['conversion', 'mean'],
        default: 'conversion',
        description: 'What is measured: the share of units that convert, or a mean over units.'
      })
    ),
    baseline: Type.Number({ description: 'Value of control, as it is today: a share from 0 to 1 for a conversion.' }),
    standard_deviation: Type.Optional(
      Type.Number({ description: 'Of the values of units; needed for a mean, and follows from the baseline else.' })
    ),
    lift: Type.Number({ description: 'Relative change that must not be missed: 0.05 for five per cent.' }),
    alpha: Type.Optional(Type.Number({ default: 0.05, description: 'Chance of a false alarm.' })),
    power: Type.Optional(Type.Number({ default: 0.8, description: 'Chance that such a change is seen.' })),
    arms: Type.Optional(Type.Integer({ minimum: 2, maximum: 20, default: 2, description: 'How many arms.' })),
    units_per_day: Type.Optional(
      Type.Number({ description: 'Units that come in a day, to say how many days it takes.' })
    )
  },
  {
    title: 'ExperimentPlanRequest',
    description: 'POST /experiments/plan: how large an experiment has to be.',
    examples: [{ baseline: 0.1, lift: 0.1 }]
  }
)

/** Reply of `POST /experiments/plan`. */
export const ExperimentPlanReplySchema = Type.Object(
  {
    units_per_arm: Type.Integer({ description: 'Units of each arm that are needed for one look at the end.' }),
    units: Type.Integer({ description: 'Of all arms together.' }),
    units_per_arm_peeking: Type.Unsafe<number | null>({
      type: ['integer', 'null'],
      description: 'Units of each arm where one looks all the time, as results are always valid.'
    }),
    days: Type.Unsafe<number | null>({
      type: ['number', 'null'],
      description: 'Days until all units have come; null without units_per_day.'
    }),
    summary: Type.String({ description: 'In words.' })
  },
  { title: 'ExperimentPlanReply', description: 'Reply of POST /experiments/plan.' }
)
/** Reply of `POST /experiments/plan`. */
export type ExperimentPlanReply = Static<typeof ExperimentPlanReplySchema>
