import { type LearnerName, learnerNames } from '@millrace/engine'
import { type Static, Type } from '@millrace/protocol'
import { durabilities } from '@millrace/store'

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

const roles = ['writer', 'reader', 'takeover'] as const

function port(env: string, standard: number, service: string) {
  return Type.Integer({
    env,
    default: standard,
    minimum: 0,
    maximum: 65535,
    description: `Port of ${service}; 0 picks a free one.`
  })
}

const webAddress = { pattern: '^https?://[^\\s]+$', wanted: 'an http:// or https:// address' }

/** An address that follows from a port setting unless it is set itself. */
function url(env: string, portKey: string, service: string) {
  return Type.String({
    env,
    ...webAddress,
    portKey,
    description: `Where \`millrace pipeline run\` finds ${service}.`
  })
}

function choice<Name extends string>(
  names: readonly Name[],
  options: { env: string; default: Name; description: string; otherWords?: Readonly<Record<string, Name>> }
) {
  return Type.Unsafe<Name>({ type: 'string', enum: names, ...options })
}

/**
 * Every setting. Beside the usual keywords, `env` is the name of the environment variable, `otherEnv` another one that is
 * read in its place, `portKey` the setting whose port makes the default of an address, `otherWords` what else names of an
 * enumeration may be called, and `wanted` says in words what a pattern asks for.
 */
export const ConfigSchema = Type.Object(
  {
    host: Type.String({
      env: 'HOST',
      default: '127.0.0.1',
      minLength: 1,
      description: 'Address to listen on; 0.0.0.0 for every interface, as containers need.'
    }),
    port: Type.Optional(
      Type.Integer({
        env: 'PORT',
        minimum: 0,
        maximum: 65535,
        description: 'Port of the one service of `millrace serve`, in place of its own setting; 0 picks a free one.'
      })
    ),
    portInference: port('MILLRACE_PORT_INFERENCE', 8000, 'the inference service'),
    portFeatures: port('MILLRACE_PORT_FEATURES', 8001, 'the feature service'),
    portIngestion: port('MILLRACE_PORT_INGESTION', 8002, 'the ingestion service'),
    portCoinbase: port('MILLRACE_PORT_COINBASE', 8003, 'the coinbase service'),
    portLinear: port('MILLRACE_PORT_LINEAR', 8010, 'the linear_regression model'),
    portRidge: port('MILLRACE_PORT_RIDGE', 8011, 'the ridge_regression model'),
    portKnn: port('MILLRACE_PORT_KNN', 8012, 'the knn_regressor model'),
    portAmf: port('MILLRACE_PORT_AMF', 8013, 'the amf_regressor model'),
    portGrpc: port('MILLRACE_PORT_GRPC', 8008, 'the inference service over gRPC'),
    workers: Type.Integer({
      env: 'WORKERS',
      default: 1,
      minimum: 1,
      maximum: 64,
      description: 'Processes that answer the inference port together; see docs/guides/workers.md.'
    }),
    modelName: choice<LearnerName>(learnerNames, {
      env: 'MODEL_NAME',
      default: 'linear_regression',
      description: 'Which learner the model service runs.'
    }),
    modelSeed: Type.Integer({
      env: 'MODEL_SEED',
      default: 42,
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description:
        'Seed of learners that draw random numbers (amf_regressor): same seed, same stream, same predictions. What was learned with one goes on with that one only.'
    }),
    featureNamesLimit: Type.Integer({
      env: 'MILLRACE_FEATURE_NAMES_LIMIT',
      default: 8000,
      minimum: 1,
      maximum: 10_000_000,
      description: 'How many different feature names a model learns at most; its memory grows with them.'
    }),
    modelDir: Type.Optional(
      Type.String({
        env: 'MODEL_DIR',
        otherEnv: 'MODEL_PATH',
        minLength: 1,
        description: 'Folder of the models to serve. Default: the sample models that come with Millrace.'
      })
    ),
    s3Bucket: Type.Optional(
      Type.String({
        env: 'S3_BUCKET_NAME',
        pattern: '^[a-zA-Z0-9][a-zA-Z0-9._-]{1,62}$',
        wanted: 'the name of a bucket',
        description:
          'Bucket of S3, or of what speaks its language, to take models from as well. Credentials are found as all AWS tools find them.'
      })
    ),
    modelKey: Type.String({
      env: 'MODEL_KEY',
      default: 'models/',
      minLength: 1,
      description: 'Where models are in that bucket: a prefix of `<model>/<version>/model.onnx`, or one ONNX file.'
    }),
    modelCacheTtl: Type.Number({
      env: 'MODEL_CACHE_TTL',
      default: 3600,
      minimum: 1,
      maximum: 31_536_000,
      description: 'Seconds between two looks at that bucket; a reload looks at once.'
    }),
    s3Endpoint: Type.Optional(
      Type.String({
        env: 'AWS_ENDPOINT_URL_S3',
        otherEnv: 'AWS_ENDPOINT_URL',
        ...webAddress,
        description: 'Where the bucket is, unless it is at AWS.'
      })
    ),
    awsRegion: Type.String({
      env: 'AWS_DEFAULT_REGION',
      otherEnv: 'AWS_REGION',
      default: 'us-east-1',
      minLength: 1,
      description: 'Region of the bucket.'
    }),
    versionPolicy: Type.String({
      env: 'MILLRACE_VERSION_POLICY',
      default: 'all',
      pattern: '^(all|latest:[1-9]\\d{0,5}|specific:[^,]+(,[^,]+)*|range:.+)$',
      wanted: 'all, latest:2, specific:v1.0,v2.0 or range:^1.2',
      description:
        'Which versions of a model are served, unless its `config.json` says so: `all`, `latest:<how many>`, `specific:<version>,…` or `range:<semver range>`.'
    }),
    defaultModelVersion: Type.String({
      env: 'DEFAULT_MODEL_VERSION',
      default: 'v1.0',
      minLength: 1,
      description:
        'Version that answers where none is named and none was activated, for models that have it; the newest for others.'
    }),
    maxModelsInMemory: Type.Integer({
      env: 'MAX_MODELS_IN_MEMORY',
      default: 100,
      minimum: 1,
      maximum: 100_000,
      description: 'Versions in memory at most; those asked least recently give way and are loaded again when needed.'
    }),
    modelsMemoryBytes: Type.Integer({
      env: 'MILLRACE_MODELS_MEMORY_BYTES',
      default: 2_147_483_648,
      minimum: 1_048_576,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Most memory of all versions together, in bytes, as estimated when they are loaded.'
    }),
    requestTimeout: Type.Number({
      env: 'REQUEST_TIMEOUT',
      default: 30,
      minimum: 0.001,
      maximum: 86_400,
      description: 'Seconds that a request to a model may take; one that cannot be answered by then is refused.'
    }),
    maxConcurrentRequests: Type.Integer({
      env: 'MAX_CONCURRENT_REQUESTS',
      default: 100,
      minimum: 1,
      maximum: 1_000_000,
      description: 'Requests to one model that are worked on at the same time; others wait, and no other model does.'
    }),
    queueLimit: Type.Integer({
      env: 'MILLRACE_QUEUE_LIMIT',
      default: 1000,
      minimum: 0,
      maximum: 1_000_000,
      description: 'Requests to one model that may wait for their turn; more are refused at once.'
    }),
    inlineLimitUs: Type.Integer({
      env: 'MILLRACE_INLINE_LIMIT_US',
      default: 200,
      minimum: 0,
      maximum: 1_000_000,
      description:
        'Models that take fewer microseconds for a row than this run in the thread that answers requests, all others in threads of their own.'
    }),
    predictionCacheTtl: Type.Number({
      env: 'PREDICTION_CACHE_TTL',
      default: 300,
      minimum: 0,
      maximum: 31_536_000,
      description: 'Seconds that an answer of a model may be given again to the same question; 0 for never.'
    }),
    cacheBytes: Type.Integer({
      env: 'MILLRACE_CACHE_BYTES',
      default: 33_554_432,
      minimum: 0,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Memory of those answers, in bytes; 0 keeps none.'
    }),
    inferBodyLimitBytes: Type.Integer({
      env: 'MILLRACE_INFER_BODY_LIMIT_BYTES',
      default: 67_108_864,
      minimum: 1,
      maximum: 268_435_456, // a body becomes one text, and V8 has none of 2^29 characters
      description: 'Largest body of a request in one of the standard protocols, in bytes, after decompression.'
    }),
    dataModel: Type.String({
      env: 'MILLRACE_DATA_MODEL',
      default: 'random_forest_classifier',
      minLength: 1,
      description: 'Model that answers `/predict` with `data`. Where there is none of this name, a lone ONNX file does.'
    }),
    featuresModel: Type.String({
      env: 'MILLRACE_FEATURES_MODEL',
      default: 'tabular_classifier',
      minLength: 1,
      description: 'Model that answers `/predict` with a list of `features`, and whose versions `/models` lists.'
    }),
    apiTitle: Type.Optional(
      Type.String({
        env: 'API_TITLE',
        minLength: 1,
        description: 'Title of the API documents of the inference service.'
      })
    ),
    apiVersion: Type.Optional(
      Type.String({ env: 'API_VERSION', minLength: 1, description: 'Version that those documents name.' })
    ),
    nLags: Type.Integer({
      env: 'N_LAGS',
      default: 15,
      minimum: 1,
      maximum: 1000,
      description: 'How many lags the feature service makes.'
    }),
    dataDir: Type.String({
      env: 'MILLRACE_DATA_DIR',
      default: '.millrace',
      minLength: 1,
      description: 'Folder of everything that is kept, relative to the working directory.'
    }),
    durability: choice(durabilities, {
      env: 'MILLRACE_DURABILITY',
      default: 'fsync',
      description:
        'What an acknowledged write survives: `fsync` a power failure, `os` the death of the process (`kill -9`), `none` a clean stop only.'
    }),
    role: choice(roles, {
      env: 'MILLRACE_ROLE',
      default: 'writer',
      description:
        'Whether this process teaches its learners (`writer`), follows those of a writer on the same folder (`reader`), or becomes the writer even though another process is, which then learns no more (`takeover`).'
    }),
    snapshotBytes: Type.Integer({
      env: 'MILLRACE_SNAPSHOT_BYTES',
      default: 4_194_304,
      minimum: 65_536,
      maximum: 1_099_511_627_776,
      description: 'A snapshot of a learner is taken after this many bytes of journal.'
    }),
    snapshotInterval: Type.Number({
      env: 'MILLRACE_SNAPSHOT_INTERVAL',
      default: 300,
      minimum: 1,
      maximum: 31_536_000,
      description: 'Seconds after which a snapshot of a learner is taken if it has learned anything.'
    }),
    journalRetentionBytes: Type.Integer({
      env: 'MILLRACE_JOURNAL_RETENTION_BYTES',
      default: 1_073_741_824,
      minimum: 1_048_576,
      maximum: Number.MAX_SAFE_INTEGER,
      description:
        'How many bytes of journal are kept for each learner to look back on; what its two latest snapshots need is always kept.'
    }),
    idsRemembered: Type.Integer({
      env: 'MILLRACE_IDS_REMEMBERED',
      default: 100_000,
      minimum: 1,
      maximum: 10_000_000,
      description:
        'How many of the latest observation ids each learner and each series remembers, to know repeats by. A learner gives them at most half of `MODEL_MEMORY_LIMIT`, some 45 bytes each.'
    }),
    pendingTtl: Type.Number({
      env: 'PENDING_TTL',
      default: 86_400,
      minimum: 1,
      maximum: 31_536_000,
      description: 'Seconds that a prediction waits for its label.'
    }),
    pendingLimit: Type.Integer({
      env: 'MILLRACE_PENDING_LIMIT',
      default: 100_000,
      minimum: 1,
      maximum: 10_000_000,
      description: 'How many predictions of a learner wait for their labels at most; the oldest give way.'
    }),
    modelMemoryLimit: Type.Integer({
      env: 'MODEL_MEMORY_LIMIT',
      default: 268_435_456,
      minimum: 1_048_576,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Most memory of one learner, in bytes.'
    }),
    redisUrl: Type.Optional(
      Type.String({
        env: 'REDIS_URL',
        pattern: '^rediss?://[^\\s]+$',
        wanted: 'a redis:// or rediss:// address',
        description: 'Redis that keeps series, pending predictions and the registry. Without it they are kept on disk.'
      })
    ),
    redisHost: Type.Optional(
      Type.String({
        env: 'REDIS_HOST',
        minLength: 1,
        description: 'Host of that Redis, in place of `REDIS_URL`.'
      })
    ),
    redisPort: Type.Integer({
      env: 'REDIS_PORT',
      default: 6379,
      minimum: 1,
      maximum: 65_535,
      description: 'Port of that Redis, beside `REDIS_HOST`.'
    }),
    dataFile: Type.Optional(
      Type.String({
        env: 'MILLRACE_DATA_FILE',
        minLength: 1,
        description: 'CSV file that the ingestion service streams. Default: the series that comes with Millrace.'
      })
    ),
    inputColumn: Type.String({
      env: 'MILLRACE_INPUT_COLUMN',
      default: 'input',
      minLength: 1,
      description: 'Column of that file that says when, or under what input.'
    }),
    targetColumn: Type.String({
      env: 'MILLRACE_TARGET_COLUMN',
      default: 'target',
      minLength: 1,
      description: 'Column of that file that holds the values.'
    }),
    pipelineInterval: Type.Number({
      env: 'PIPELINE_INTERVAL',
      default: 1,
      minimum: 0,
      maximum: 86_400,
      description: 'Seconds between two steps of the pipeline in `millrace up`; 0 turns stepping off.'
    }),
    logLevel: choice(logLevels, {
      env: 'LOG_LEVEL',
      default: 'info',
      otherWords: { warning: 'warn', critical: 'fatal' },
      description:
        'Least severe level that is logged, in small or capital letters; `WARNING` is `warn`, `CRITICAL` is `fatal`.'
    }),
    bodyLimitBytes: Type.Integer({
      env: 'MILLRACE_BODY_LIMIT_BYTES',
      default: 1_048_576,
      minimum: 1,
      maximum: 268_435_456, // a body becomes one text, and V8 has none of 2^29 characters
      description: 'Largest request body, in bytes.'
    }),
    jsonDepthLimit: Type.Integer({
      env: 'MILLRACE_JSON_DEPTH_LIMIT',
      default: 32,
      minimum: 1,
      maximum: 10_000,
      description: 'How deep arrays and objects may nest in a request body.'
    }),
    apiUrl: Type.String({
      env: 'API_URL',
      default: 'https://api.coinbase.com/v2/exchange-rates',
      ...webAddress,
      description: 'Where the coinbase service asks for exchange rates.'
    }),
    targetCurrency: Type.String({
      env: 'TARGET_CURRENCY',
      default: 'XRP',
      minLength: 1,
      description: 'Currency whose price in USD the coinbase service answers.'
    }),
    shutdownTimeout: Type.Number({
      env: 'MILLRACE_SHUTDOWN_TIMEOUT',
      default: 10,
      minimum: 0,
      maximum: 3600,
      description: 'Seconds that open requests may take at shutdown before they are cut.'
    }),
    ingestionUrl: url('MILLRACE_INGESTION_URL', 'portIngestion', 'the ingestion service'),
    featuresUrl: url('MILLRACE_FEATURES_URL', 'portFeatures', 'the feature service'),
    linearUrl: url('MILLRACE_LINEAR_URL', 'portLinear', 'the linear_regression model'),
    ridgeUrl: url('MILLRACE_RIDGE_URL', 'portRidge', 'the ridge_regression model'),
    knnUrl: url('MILLRACE_KNN_URL', 'portKnn', 'the knn_regressor model'),
    amfUrl: url('MILLRACE_AMF_URL', 'portAmf', 'the amf_regressor model')
  },
  { additionalProperties: false }
)

/** Every setting, checked and frozen. */
export type Config = Readonly<Static<typeof ConfigSchema>>

/** What {@link ConfigSchema} says about one setting, in the keywords it uses. */
export interface Setting {
  env: string
  /** Another name that users of other systems know it by. */
  otherEnv?: string
  type: 'integer' | 'number' | 'string'
  description: string
  default?: number | string
  portKey?: string
  minimum?: number
  maximum?: number
  minLength?: number
  pattern?: string
  wanted?: string
  enum?: readonly string[]
  /** Other words for names of the enumeration, in small letters; there, capital letters are taken as small ones. */
  otherWords?: Readonly<Record<string, string>>
}

/** The settings of {@link ConfigSchema} by key, in order. */
export const settings: ReadonlyMap<string, Setting> = new Map(
  Object.entries(ConfigSchema.properties as unknown as Record<string, Setting>)
)
