import { type Static, type TSchema, Type } from './type.ts'
import { PredictReplySchema, PredictRequestSchema } from './model.ts'

/** Characters of the longest id a request may have. */
export const longestRequestId = 256
/** Characters of the longest id that a unit may have. */
export const longestUnitId = 256
/** Most requests of one batch. */
export const largestPredictBatch = 100
/** The features of a wine, in the order of lists of them. */
export const wineFeatureNames = [
  'fixed_acidity',
  'volatile_acidity',
  'citric_acid',
  'residual_sugar',
  'chlorides',
  'free_sulfur_dioxide',
  'total_sulfur_dioxide',
  'density',
  'ph',
  'sulphates',
  'alcohol'
] as const

const requestId = Type.Optional(
  Type.Unsafe<string | null>({
    type: ['string', 'null'],
    minLength: 1,
    maxLength: longestRequestId,
    description: 'Names the request; comes back in the reply. Default: the header X-Request-ID, else a new one.'
  })
)
const unitId = Type.Optional(
  Type.Unsafe<string | null>({
    type: ['string', 'null'],
    minLength: 1,
    maxLength: longestUnitId,
    description:
      'Who asks, for experiments: a user or a session. Default: the header X-Unit-ID, else the id of the request.'
  })
)
const mayExperiment = Type.Optional(
  Type.Boolean({ default: true, description: 'Whether the request may take part in an experiment.' })
)
/** By what a request may be named, and whether it takes part in experiments. */
export const askerProperties = { request_id: requestId, unit_id: unitId, use_ab_testing: mayExperiment }

const modelVersion = Type.Optional(
  Type.Unsafe<string | null>({
    type: ['string', 'null'],
    description: 'Version or alias of the model that is to answer; the active version unless given.',
    examples: ['v1.0']
  })
)

/** Rows of numbers, one for each prediction. */
const RowsSchema = Type.Array(Type.Array(Type.Number({ description: 'The value of one feature.' }), { minItems: 1 }), {
  minItems: 1,
  description: 'Rows of numbers, all of the same length: as many as the model has features.',
  examples: [[[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]]]
})

/** `POST /predict` with `data`: rows to be classified. */
export const DataPredictRequestSchema = Type.Object(
  {
    data: RowsSchema,
    use_cache: Type.Optional(
      Type.Boolean({ default: true, description: 'False to neither take an answer from the cache nor keep it there.' })
    ),
    cache_ttl: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: 86_400,
        description: 'Seconds that the answer may be given again; PREDICTION_CACHE_TTL unless given.'
      })
    ),
    model_version: modelVersion,
    ...askerProperties
  },
  { title: 'DataPredictRequest', description: 'POST /predict with data: rows to be classified.' }
)
/** `POST /predict` with `data`. */
export type DataPredictRequest = Static<typeof DataPredictRequestSchema>

const wineFeatures = Object.fromEntries(
  wineFeatureNames.map(name => [name, Type.Number({ description: `See the ranges of wine_quality: ${name}.` })])
) as Record<(typeof wineFeatureNames)[number], ReturnType<typeof Type.Number>>

/** The features of a wine by name. */
export const WineFeaturesSchema = Type.Object(wineFeatures, {
  title: 'WineFeatures',
  description: 'The features of a wine by name.',
  examples: [
    {
      fixed_acidity: 7.4,
      volatile_acidity: 0.7,
      citric_acid: 0,
      residual_sugar: 1.9,
      chlorides: 0.076,
      free_sulfur_dioxide: 11,
      total_sulfur_dioxide: 34,
      density: 0.9978,
      ph: 3.51,
      sulphates: 0.56,
      alcohol: 9.4
    }
  ]
})
/** The features of a wine by name. */
export type WineFeatures = Static<typeof WineFeaturesSchema>

/** `POST /predict` with `wine_features`: a wine to be judged. */
export const WinePredictRequestSchema = Type.Object(
  { wine_features: WineFeaturesSchema, model_version: modelVersion, ...askerProperties },
  { title: 'WinePredictRequest', description: 'POST /predict with wine_features: a wine to be judged.' }
)
/** `POST /predict` with `wine_features`. */
export type WinePredictRequest = Static<typeof WinePredictRequestSchema>

/** `POST /predict` with the same under `features`. */
export const NamedWinePredictRequestSchema = Type.Object(
  { features: WineFeaturesSchema, model_version: modelVersion, ...askerProperties },
  { title: 'NamedWinePredictRequest', description: 'POST /predict with the features of a wine by name.' }
)
/** `POST /predict` with the features of a wine under `features`. */
export type NamedWinePredictRequest = Static<typeof NamedWinePredictRequestSchema>

/** `POST /predict` with a list of `features`. */
export const ListPredictRequestSchema = Type.Object(
  {
    features: Type.Array(Type.Number({ description: 'The value of one feature.' }), {
      description:
        '11 numbers are a wine, in the order of WineFeatures; all others, and any list beside model_version or ' +
        'use_ab_testing, go to the versions that GET /models lists, 10 numbers each.',
      examples: [[0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1]]
    }),
    model_version: modelVersion,
    ...askerProperties
  },
  { title: 'ListPredictRequest', description: 'POST /predict with a list of features.' }
)
/** `POST /predict` with a list of `features`. */
export type ListPredictRequest = Static<typeof ListPredictRequestSchema>

/** `POST /predict` of the inference service: the shape of the body says which model answers. */
export const AnyPredictRequestSchema = Type.Union(
  [
    DataPredictRequestSchema,
    WinePredictRequestSchema,
    NamedWinePredictRequestSchema,
    ListPredictRequestSchema,
    PredictRequestSchema
  ],
  { title: 'AnyPredictRequest', description: 'POST /predict: the shape of the body says which model answers.' }
)

const routingReasons = [
  'version',
  'override',
  'sticky',
  'experiment',
  'canary',
  'alias',
  'default',
  'fallback'
] as const
type RoutingReason = (typeof routingReasons)[number]

/** Which version answered, and why that one. */
export const RoutingSchema = Type.Object(
  {
    model: Type.String({ description: 'Name of the model.' }),
    version: Type.String({ description: 'Its version that answered.' }),
    reason: Type.Unsafe<RoutingReason>({
      type: 'string',
      enum: [...routingReasons],
      description:
        'Why that version: the request named it (version); the unit is on the list of an experiment (override), was ' +
        'served by this arm before (sticky), or belongs to it (experiment); a canary has this share of units; the ' +
        'request named an alias; it named nothing (default). fallback: control answered because the arm could not.'
    }),
    alias: Type.Optional(Type.String({ description: 'The alias that stands for the version.' })),
    experiment: Type.Optional(Type.String({ description: 'Id of the experiment or canary that decided.' })),
    arm: Type.Optional(Type.String({ description: 'Arm of it that the unit belongs to.' })),
    probability: Type.Optional(Type.Number({ description: 'Chance with which a unit comes to this arm.' })),
    sticky: Type.Optional(
      Type.Boolean({ description: 'Whether the same unit comes to this arm again, by its request_id or unit_id.' })
    )
  },
  { title: 'Routing', description: 'Which version answered, and why that one.' }
)
/** Which version answered, and why that one. */
export type Routing = Static<typeof RoutingSchema>

const replied = {
  request_id: Type.String({ description: 'Id of the request, its own or made.' }),
  routing: RoutingSchema
}

/** Reply of `POST /predict` to `data`. */
export const DataPredictReplySchema = Type.Object(
  {
    predictions: Type.Array(Type.Union([Type.Integer(), Type.Number(), Type.String()]), {
      description: 'The class of each row; the predicted value for a model that is no classifier.'
    }),
    probabilities: Type.Array(Type.Array(Type.Number()), {
      description: 'The probability of each class, for each row; empty for a model that gives none.'
    }),
    model_info: Type.Object(
      {
        model_name: Type.String({ description: 'Name of the model.' }),
        model_version: Type.String({ description: 'Version that answered.' }),
        prediction_time: Type.Number({ description: 'Seconds from the question to the answer.' }),
        input_shape: Type.Array(Type.Integer(), { description: 'Rows and columns.' }),
        cached: Type.Boolean({ description: 'True when the answer was made for an earlier request.' })
      },
      { description: 'How the answer came about.' }
    ),
    ...replied
  },
  { title: 'DataPredictReply', description: 'Reply of POST /predict to data.' }
)
/** Reply of `POST /predict` to `data`. */
export type DataPredictReply = Static<typeof DataPredictReplySchema>

/** Reply of `POST /predict` to a wine. */
export const WinePredictReplySchema = Type.Object(
  {
    prediction: Type.Integer({ minimum: 3, maximum: 8, description: 'Quality of the wine, 3 to 8.' }),
    confidence: Type.Unsafe<number | null>({
      type: ['number', 'null'],
      description: 'Probability of that quality, 4 decimals; null from a model that gives none.'
    }),
    model_version: Type.String({ description: 'Version that answered.' }),
    processing_time_ms: Type.Number({
      description: 'Milliseconds from the question to the answer; in a batch the share of each.'
    }),
    features_processed: Type.Integer({ description: 'How many features were given: 11.' }),
    ...replied
  },
  { title: 'WinePredictReply', description: 'Reply of POST /predict to a wine.' }
)
/** Reply of `POST /predict` to a wine. */
export type WinePredictReply = Static<typeof WinePredictReplySchema>

/** Reply of `POST /predict` to a list of features. */
export const ListPredictReplySchema = Type.Object(
  {
    prediction: Type.Union([Type.Number(), Type.String()], {
      description: 'The class: a number, unless the model names its classes and the metadata do not.'
    }),
    model_version: Type.String({ description: 'Version that answered.' }),
    confidence: Type.Unsafe<number | null>({
      type: ['number', 'null'],
      description: 'Probability of that class; null from a model that gives none.'
    }),
    processing_time: Type.Number({ description: 'Seconds from the question to the answer.' }),
    ...replied
  },
  { title: 'ListPredictReply', description: 'Reply of POST /predict to a list of features.' }
)
/** Reply of `POST /predict` to a list of features. */
export type ListPredictReply = Static<typeof ListPredictReplySchema>

/** Reply of `POST /predict` of the inference service. */
export const AnyPredictReplySchema: TSchema = Type.Union(
  [DataPredictReplySchema, WinePredictReplySchema, ListPredictReplySchema, PredictReplySchema],
  { title: 'AnyPredictReply', description: 'Reply of POST /predict, by the shape of the request.' }
)
