import { Type } from '@millrace/protocol'
import { choice, webAddress } from './config-kinds.ts'

/** The settings of the model server, a part of ConfigSchema. */
export const servingSettings = {
  modelDir: Type.Optional(
    Type.String({
      env: 'MODEL_DIR',
      otherEnv: 'MODEL_PATH',
      minLength: 1,
      description:
        'Folder of the models to serve. Default: the sample models that come with Millrace, unless a bucket is named.'
    })
  ),
  s3Bucket: Type.Optional(
    Type.String({
      env: 'S3_BUCKET_NAME',
      pattern: '^[a-zA-Z0-9][a-zA-Z0-9._-]{1,62}$',
      wanted: 'the name of a bucket',
      description:
        'Bucket of S3, or of what speaks its language, to take models from, in place of the sample models or beside `MODEL_DIR`. Credentials are found as all AWS tools find them.'
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
  abTestEnabled: choice<'true' | 'false'>(['true', 'false'], {
    env: 'AB_TEST_ENABLED',
    default: 'true',
    otherWords: { 1: 'true', 0: 'false', yes: 'true', no: 'false', on: 'true', off: 'false' },
    description:
      'Whether `/predict` with a list of `features` divides requests between versions, until `/ab-test/configure` says otherwise.'
  }),
  abTestSplitRatio: Type.Number({
    env: 'AB_TEST_SPLIT_RATIO',
    default: 0.5,
    minimum: 0,
    maximum: 1,
    description: 'Share of the first of those versions; the others share the rest equally.'
  }),
  abTestModels: Type.String({
    env: 'AB_TEST_MODELS',
    default: 'v1.0,v2.0',
    pattern: '^[^,]+(,[^,]+){1,19}$',
    wanted: '2 to 20 versions, such as v1.0,v2.0',
    description: 'Those versions. A server whose model has not all of them divides nothing.'
  }),
  unitHeader: Type.String({
    env: 'MILLRACE_UNIT_HEADER',
    default: 'X-Unit-ID',
    pattern: "^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}$",
    wanted: 'the name of a header',
    description: 'Header that names who asks, so that experiments answer them by the same version each time.'
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
  )
}
