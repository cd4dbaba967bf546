import { type LearnerName, learnerNames } from '@millrace/engine'
import { type Static, Type } from '@millrace/protocol'
import { durabilities } from '@millrace/store'
import { choice, port, url, webAddress } from './config-kinds.ts'
import { servingSettings } from './config-serving.ts'

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

const roles = ['writer', 'reader', 'takeover'] as const

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
    ...servingSettings,
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
