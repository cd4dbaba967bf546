import { type Static, type TSchema, Type } from './type.ts'

const oneOf = <Name extends string>(names: readonly Name[], description: string, more: object = {}) =>
  Type.Unsafe<Name>({ type: 'string', enum: names, description, ...more })
const share = (description: string, more: object = {}) => Type.Number({ minimum: 0, maximum: 1, description, ...more })
const nullableTime = (description: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], description: `${description}, ISO 8601; null before.` })

/** Form of the id of an experiment, canary or shadow. */
export const experimentId = {
  pattern: '^[a-z0-9_-]{1,64}$',
  description: '1 to 64 lower-case letters, digits, `_` and `-`.'
}

/** Path of requests about one experiment, canary or shadow. */
export const ExperimentParamsSchema = Type.Object({ id: Type.String({ description: 'Its id.' }) })

const armFields = {
  name: Type.String({ description: 'Name of the arm, unique; the version unless given.' }),
  model: Type.String({ description: 'Model that answers; that of the experiment unless given.' }),
  version: Type.String({ description: 'Version that answers; live for a learner that goes on learning.' }),
  weight: share('Share of the units in the experiment; all sum to 1. The same for all unless given.')
}

const metricFields = {
  name: Type.String({ description: 'By which feedback names it: 1 to 64 letters, digits, `_`, `-` and `.`.' }),
  kind: oneOf(
    ['conversion', 'mean', 'ratio', 'accuracy', 'error'],
    'conversion: units with a 1, of all units; mean: what was told of a unit in sum, over all units; ratio: the sum ' +
      'over the number of times it was told; accuracy and error: from the labels of predictions.'
  ),
  goal: oneOf(['increase', 'decrease'], 'What is better.')
}

/** A metric as somebody defines it. */
export const MetricSchema = Type.Object(
  { name: metricFields.name, kind: Type.Optional(metricFields.kind), goal: Type.Optional(metricFields.goal) },
  { description: 'A metric.' }
)

const BanditSchema = Type.Object(
  {
    metric: Type.Optional(Type.String({ description: 'Metric that is the reward; the primary one unless given.' })),
    floor: Type.Optional(share('No arm gets less than this share.', { default: 0.01 })),
    min_units: Type.Optional(
      Type.Integer({ minimum: 1, default: 100, description: 'Units of each arm before weights move.' })
    ),
    interval_seconds: Type.Optional(Type.Number({ default: 10, description: 'Seconds between two looks.' }))
  },
  { description: 'How weights adapt, where `weights` is thompson.' }
)

const definitionFields = {
  description: Type.Optional(Type.String({ description: 'What it is about, for people.' })),
  alias: Type.Optional(
    Type.String({
      default: 'default',
      description: 'Requests that this alias would answer take part; default for those that name nothing.'
    })
  ),
  entry: Type.Optional(
    oneOf(['all', 'predict'], 'Whose requests take part: all, or those of /predict with a list of features alone.', {
      default: 'all'
    })
  ),
  strategy: Type.Optional(
    oneOf(
      ['hash-based', 'random', 'weighted'],
      'hash-based: a unit comes to the same arm each time; random: every request is drawn; weighted: by `weights`.',
      { default: 'hash-based' }
    )
  ),
  weights: Type.Optional(
    oneOf(
      ['fixed', 'accuracy', 'thompson'],
      'What the weights of a weighted experiment follow: those of the arms, the accuracy of the versions in their ' +
        'metadata, or what the arms achieve (Thompson sampling).'
    )
  ),
  arms: Type.Array(
    Type.Object(
      {
        name: Type.Optional(armFields.name),
        model: Type.Optional(armFields.model),
        version: armFields.version,
        weight: Type.Optional(armFields.weight)
      },
      { description: 'A version that takes part.' }
    ),
    { minItems: 2, maxItems: 20, description: 'Versions that take part: 2 to 20.' }
  ),
  control: Type.Optional(Type.String({ description: 'Arm that others are compared with; the first unless given.' })),
  coverage: Type.Optional(share('Share of all units that take part.', { default: 1 })),
  seed: Type.Optional(
    Type.String({ maxLength: 256, description: 'What is hashed with the unit; the id unless given.' })
  ),
  sticky: Type.Optional(
    Type.Boolean({ description: 'Whether a unit keeps the arm that it was first served by when weights change.' })
  ),
  yields: Type.Optional(
    Type.Boolean({
      description: 'Whether all else that runs on the alias decides first, canaries among it. False unless given.'
    })
  ),
  missing_unit: Type.Optional(
    oneOf(
      ['random', 'skip', 'refuse'],
      'A request without a unit id of its own: an arm by chance, no part in the experiment, or an error.',
      { default: 'random' }
    )
  ),
  on_failure: Type.Optional(
    oneOf(['fail', 'control'], 'Whether control answers where an arm fails; the unit still counts as the arm’s.')
  ),
  overrides: Type.Optional(
    Type.Unsafe<Record<string, string>>({
      type: 'object',
      additionalProperties: { type: 'string', description: 'Name of the arm.' },
      description: 'Arms by unit id, for those who must see a certain one; they do not count. At most 10,000.'
    })
  ),
  metrics: Type.Optional(
    Type.Array(MetricSchema, {
      description:
        'What is measured, from what POST /feedback tells; conversion, value (a mean), accuracy and error unless given.'
    })
  ),
  primary_metric: Type.Optional(
    Type.String({
      description: 'Metric that decides; what a bandit is rewarded by, else conversion, else the first, unless given.'
    })
  ),
  alpha: Type.Optional(
    Type.Number({
      minimum: 1e-6,
      maximum: 0.5,
      description: 'Chance of a false alarm, however often one looks.',
      default: 0.05
    })
  ),
  bandit: Type.Optional(BanditSchema)
}

/** `POST /experiments`: what an experiment is. Unknown fields are refused: a typo must not change traffic. */
export const ExperimentDefinitionSchema = Type.Object(
  {
    id: Type.String({ ...experimentId }),
    model: Type.String({ description: 'Whose requests take part.' }),
    ...definitionFields
  },
  {
    title: 'ExperimentDefinition',
    description:
      'POST /experiments: what an experiment is. Unknown fields are refused: a typo must not change traffic.',
    examples: [
      {
        id: 'forest-size',
        model: 'tabular_classifier',
        strategy: 'hash-based',
        arms: [
          { name: 'control', version: 'v1.0', weight: 0.5 },
          { name: 'bigger', version: 'v2.0', weight: 0.5 }
        ],
        control: 'control',
        metrics: [{ name: 'conversion', kind: 'conversion', goal: 'increase' }]
      }
    ]
  }
)

const { arms, ...otherFields } = definitionFields

/** `PATCH /experiments/{id}`: any of the fields; what is not given stays. */
export const ExperimentChangeSchema = Type.Object(
  {
    ...otherFields,
    arms: Type.Optional(arms),
    new_phase: Type.Optional(
      Type.Boolean({
        description: 'True to begin another phase, with nothing measured: then everything but the id may be changed.'
      })
    )
  },
  {
    title: 'ExperimentChange',
    description:
      'PATCH /experiments/{id}: any of the fields; what is not given stays. Once it was started: description, coverage, ' +
      'overrides, bandit, the weights of arms, and arms and metrics that are added; the rest only with new_phase.',
    examples: [{ coverage: 0.2 }]
  }
)

const countOf = (description: string) => Type.Integer({ minimum: 0, description })

/** An experiment as it stands. */
export const ExperimentReplySchema = Type.Object(
  {
    id: Type.String({ ...experimentId }),
    description: Type.String({ description: 'What it is about.' }),
    model: Type.String({ description: 'Whose requests take part.' }),
    alias: Type.String({ description: 'Requests that this alias would answer take part.' }),
    entry: Type.String({ description: 'all, or predict.' }),
    strategy: Type.String({ description: 'hash-based, random or weighted.' }),
    weights: Type.String({ description: 'fixed, accuracy or thompson.' }),
    arms: Type.Array(
      Type.Object(
        {
          ...armFields,
          share: share('Share of the units at present: not the weight where weights adapt.'),
          units: countOf('Units that were served in this phase, each once.'),
          requests: countOf('Requests that were answered in this phase, from the cache as well.')
        },
        { description: 'A version that takes part.' }
      ),
      { description: 'Versions that take part.' }
    ),
    control: Type.String({ description: 'Arm that others are compared with.' }),
    coverage: share('Share of all units that take part.'),
    seed: Type.String({ description: 'What is hashed with the unit.' }),
    sticky: Type.Boolean({ description: 'Whether a unit keeps its arm when weights change.' }),
    yields: Type.Boolean({ description: 'Whether all else that runs on the alias decides first.' }),
    missing_unit: Type.String({ description: 'random, skip or refuse.' }),
    on_failure: Type.String({ description: 'fail, or control.' }),
    overrides: Type.Unsafe<Record<string, string>>({
      type: 'object',
      additionalProperties: { type: 'string', description: 'Name of the arm.' },
      description: 'Arms by unit id.'
    }),
    metrics: Type.Array(Type.Object(metricFields, { description: 'A metric.' }), { description: 'What is measured.' }),
    primary_metric: Type.String({ description: 'Metric that decides.' }),
    alpha: Type.Number({ description: 'Chance of a false alarm.' }),
    bandit: Type.Unsafe<Record<string, unknown>>({
      type: 'object',
      additionalProperties: true,
      description: 'How weights adapt, where weights is thompson.'
    }),
    state: oneOf(['draft', 'running', 'paused', 'stopped'], 'Only a running experiment decides about requests.'),
    phase: Type.Integer({
      minimum: 1,
      description: 'Begins anew, with nothing measured, with a change that makes old and new numbers incomparable.'
    }),
    revision: Type.Integer({ minimum: 1, description: 'One more with each change; also the ETag.' }),
    created_at: Type.String({ description: 'ISO 8601.' }),
    started_at: nullableTime('When it was first started'),
    stopped_at: nullableTime('When it was stopped')
  },
  { title: 'ExperimentReply', description: 'An experiment as it stands.' }
)
/** An experiment as it stands. */
export type ExperimentReply = Static<typeof ExperimentReplySchema>

/** Reply of `GET /experiments`. */
export const ExperimentListReplySchema: TSchema = Type.Object(
  { experiments: Type.Array(ExperimentReplySchema, { description: 'In the order of their ids.' }) },
  { title: 'ExperimentListReply', description: 'Reply of GET /experiments.' }
)

/** Query of `GET /experiments`. */
export const ExperimentQuerySchema = Type.Object({
  model: Type.Optional(Type.String({ description: 'Of this model only.' })),
  state: Type.Optional(oneOf(['draft', 'running', 'paused', 'stopped'], 'In this state only.'))
})

/** Reply of `GET /experiments/{id}/history`. */
export const ExperimentHistoryReplySchema = Type.Object(
  {
    id: Type.String({ description: 'Id of the experiment.' }),
    history: Type.Array(
      Type.Object(
        {
          at: Type.String({ description: 'When, ISO 8601.' }),
          revision: Type.Integer({ description: 'Revision that it led to.' }),
          what: Type.String({ description: 'What was done: created, changed, started, paused, stopped …' }),
          details: Type.Unsafe<Record<string, unknown>>({
            type: 'object',
            additionalProperties: true,
            description: 'What was changed, or the numbers that decided.'
          })
        },
        { description: 'A change.' }
      ),
      { description: 'Changes, the newest last; the last 200.' }
    )
  },
  { title: 'ExperimentHistoryReply', description: 'Reply of GET /experiments/{id}/history.' }
)
/** Reply of `GET /experiments/{id}/history`. */
export type ExperimentHistoryReply = Static<typeof ExperimentHistoryReplySchema>

/** Query of `GET /experiments/{id}/assignment`. */
export const AssignmentQuerySchema = Type.Object({
  unit_id: Type.String({ minLength: 1, maxLength: 256, description: 'Who asks: 1 to 256 characters.' })
})

/** Reply of `GET /experiments/{id}/assignment`. */
export const AssignmentReplySchema = Type.Object(
  {
    experiment: Type.String({ description: 'Id of the experiment.' }),
    state: Type.String({ description: 'Only a running experiment decides about requests.' }),
    unit_id: Type.String({ description: 'Who asks.' }),
    bucket: Type.Integer({ minimum: 0, maximum: 9999, description: 'Bucket of 10,000 that the unit falls into.' }),
    arm: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Arm that the unit gets; null for none.'
    }),
    version: Type.Unsafe<string | null>({ type: ['string', 'null'], description: 'Version of that arm.' }),
    probability: Type.Unsafe<number | null>({
      type: ['number', 'null'],
      description: 'Chance with which a unit comes to that arm.'
    }),
    reason: oneOf(
      ['override', 'sticky', 'experiment', 'drawn', 'not_covered'],
      'The unit is on the list (override), was served by this arm before (sticky), falls into its buckets ' +
        '(experiment), is drawn anew with every request (drawn), or takes no part (not_covered).'
    )
  },
  { title: 'AssignmentReply', description: 'What a unit would get, and why; asking changes nothing.' }
)
/** Reply of `GET /experiments/{id}/assignment`. */
export type AssignmentReply = Static<typeof AssignmentReplySchema>
