import { type Static, Type } from './type.ts'
import { SampleRatioSchema } from './experiments-results.ts'

/** Strategies of the documented A/B test. */
export const abTestStrategies = ['random', 'hash-based', 'weighted'] as const
/** One of {@link abTestStrategies}. */
export type AbTestStrategy = (typeof abTestStrategies)[number]

/** What the weights of the strategy `weighted` follow. */
export const abTestWeights = ['accuracy', 'fixed', 'thompson'] as const
/** One of {@link abTestWeights}. */
export type AbTestWeights = (typeof abTestWeights)[number]

const fields = {
  enabled: Type.Boolean({ description: 'Whether requests to POST /predict are divided.' }),
  split_ratio: Type.Number({
    minimum: 0,
    maximum: 1,
    description: 'Share of the first model; the others share the rest equally. Weighted by accuracy passes it over.'
  }),
  models: Type.Array(Type.String({ description: 'A version.' }), {
    minItems: 2,
    maxItems: 20,
    description: 'Versions that take part, each once.'
  }),
  strategy: Type.Unsafe<AbTestStrategy>({
    type: 'string',
    enum: [...abTestStrategies],
    description:
      'random: each request is drawn; hash-based: the same request_id, or unit id, gets the same version; weighted: by ' +
      '`weights`.'
  })
}
const weights = Type.Unsafe<AbTestWeights>({
  type: 'string',
  enum: [...abTestWeights],
  description:
    'What the strategy weighted follows: the accuracy in the metadata of the versions (accuracy), split_ratio (fixed), ' +
    'or conversions, by Thompson sampling (thompson).'
})

/** `POST /ab-test/configure`: any of the fields, applied all or none. */
export const AbTestConfigureRequestSchema = Type.Object(
  {
    enabled: Type.Optional(fields.enabled),
    split_ratio: Type.Optional(fields.split_ratio),
    models: Type.Optional(fields.models),
    strategy: Type.Optional(fields.strategy),
    weights: Type.Optional(weights)
  },
  {
    title: 'AbTestConfigureRequest',
    description: 'POST /ab-test/configure: any of the fields; what is not given stays. Applied all or none.',
    examples: [{ enabled: true, split_ratio: 0.5, models: ['v1.0', 'v2.0'], strategy: 'random' }]
  }
)

/** How requests are divided. */
export const AbTestConfigSchema = Type.Object(fields, {
  title: 'AbTestConfig',
  description: 'How requests are divided.'
})
/** How requests are divided. */
export type AbTestConfig = Static<typeof AbTestConfigSchema>

const byVersion = <Value>(value: object, description: string) =>
  Type.Unsafe<Record<string, Value>>({ type: 'object', additionalProperties: value, description })
const nullableNumber = (description: string) => Type.Unsafe<number | null>({ type: ['number', 'null'], description })

const ConversionSchema = Type.Object(
  {
    units: Type.Integer({ minimum: 0, description: 'Units that were served.' }),
    conversions: Type.Integer({ minimum: 0, description: 'Of those, with a conversion told by POST /feedback.' }),
    rate: nullableNumber('Their share; null before there are units.'),
    interval: Type.Unsafe<readonly [number, number] | null>({
      type: ['array', 'null'],
      items: { type: 'number', description: 'Its ends.' },
      description: 'Within which the rate lies; null while there are too few units.'
    })
  },
  { description: 'Conversions of one version.' }
)
/** Conversions of one version. */
export type Conversion = Static<typeof ConversionSchema>

/** Reply of `GET /ab-test/status`. */
export const AbTestStatusReplySchema = Type.Object(
  {
    enabled: Type.Boolean({ description: 'Whether requests are divided now.' }),
    config: AbTestConfigSchema,
    total_assignments: Type.Integer({
      minimum: 0,
      description: 'Requests that were answered by it in this phase, from the cache as well.'
    }),
    model_counts: byVersion<number>({ type: 'integer', minimum: 0, description: 'Requests.' }, 'Requests by version.'),
    model_percentages: byVersion<number>(
      { type: 'number', minimum: 0, maximum: 100, description: 'Per cent.' },
      'Per cent of requests by version; 0 before the first.'
    ),
    last_updated: Type.String({ description: 'When the configuration or a count last changed, ISO 8601.' }),
    reason: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Why requests are not divided as configured; null while they are.'
    }),
    source: Type.Unsafe<'settings' | 'api'>({
      type: 'string',
      enum: ['settings', 'api'],
      description: 'Where the configuration is from: AB_TEST_… at the start, or POST /ab-test/configure.'
    }),
    weights,
    experiment: Type.String({ description: 'Id of the experiment that it is, see GET /experiments/{id}.' }),
    model: Type.String({ description: 'Name of the model whose versions they are.' }),
    phase: Type.Integer({
      minimum: 0,
      description: 'Other models or another strategy begin a new one, with nothing counted; 0 before the first.'
    }),
    revision: Type.Integer({ minimum: 0, description: 'One more with each change; 0 before the first.' }),
    shares: byVersion<number>(
      { type: 'number', minimum: 0, maximum: 1, description: 'Share.' },
      'Share of units by version that is aimed at now.'
    ),
    units: byVersion<number>(
      { type: 'integer', minimum: 0, description: 'Units.' },
      'Units that were served, each once, by version.'
    ),
    conversion_rates: byVersion<Conversion>(ConversionSchema, 'Conversions by version.'),
    sample_ratio: Type.Unsafe<Static<typeof SampleRatioSchema> | null>({
      anyOf: [SampleRatioSchema, { type: 'null' }],
      description: 'Whether units came to versions as they should; null before there are any.'
    }),
    winner: Type.Unsafe<string | null>({
      type: ['string', 'null'],
      description: 'Version that converts better, beyond chance; null while nothing is certain.'
    }),
    summary: Type.String({ description: 'In words: what may be concluded, and what not.' })
  },
  { title: 'AbTestStatusReply', description: 'Reply of GET /ab-test/status.' }
)
/** Reply of `GET /ab-test/status`. */
export type AbTestStatusReply = Static<typeof AbTestStatusReplySchema>

/** Reply of `POST /ab-test/configure`. */
export const AbTestConfigureReplySchema = Type.Object(
  {
    message: Type.String({ description: 'A/B test configuration updated.' }),
    config: AbTestConfigSchema,
    experiment: Type.String({ description: 'Id of the experiment that it is.' }),
    phase: Type.Integer({ minimum: 0, description: 'Phase that counts are of now.' }),
    revision: Type.Integer({ minimum: 0, description: 'One more with each change.' })
  },
  { title: 'AbTestConfigureReply', description: 'Reply of POST /ab-test/configure.' }
)
/** Reply of `POST /ab-test/configure`. */
export type AbTestConfigureReply = Static<typeof AbTestConfigureReplySchema>
