import assert from 'node:assert/strict'
import { constants } from 'node:buffer'
import { test } from 'node:test'
import { MillraceError } from '@millrace/common'
import { parseConfig } from '../src/index.ts'
import { redisAddress } from '../src/redis-address.ts'

function problemsOf(env: Record<string, string>): string[] {
  try {
    parseConfig(env)
  } catch (error) {
    assert.ok(error instanceof MillraceError)
    assert.equal(error.code, 'MILL_CONFIG_INVALID')
    const problems = error.details['problems'] as string[]
    assert.equal(error.message, `invalid configuration: ${problems.join('; ')}`)
    return problems
  }
  return []
}

test('nothing set gives the documented defaults, frozen', () => {
  const config = parseConfig({})
  assert.deepEqual(config, {
    host: '127.0.0.1',
    portInference: 8000,
    portFeatures: 8001,
    portIngestion: 8002,
    portCoinbase: 8003,
    portLinear: 8010,
    portRidge: 8011,
    portKnn: 8012,
    portAmf: 8013,
    portGrpc: 8008,
    workers: 1,
    modelName: 'linear_regression',
    modelSeed: 42,
    featureNamesLimit: 8000,
    modelKey: 'models/',
    modelCacheTtl: 3600,
    awsRegion: 'us-east-1',
    versionPolicy: 'all',
    defaultModelVersion: 'v1.0',
    maxModelsInMemory: 100,
    modelsMemoryBytes: 2_147_483_648,
    requestTimeout: 30,
    maxConcurrentRequests: 100,
    queueLimit: 1000,
    inlineLimitUs: 200,
    predictionCacheTtl: 300,
    cacheBytes: 33_554_432,
    inferBodyLimitBytes: 67_108_864,
    dataModel: 'random_forest_classifier',
    featuresModel: 'tabular_classifier',
    abTestEnabled: 'true',
    abTestSplitRatio: 0.5,
    abTestModels: 'v1.0,v2.0',
    unitHeader: 'X-Unit-ID',
    nLags: 15,
    dataDir: '.millrace',
    durability: 'fsync',
    role: 'writer',
    snapshotBytes: 4_194_304,
    snapshotInterval: 300,
    journalRetentionBytes: 1_073_741_824,
    idsRemembered: 100_000,
    pendingTtl: 86_400,
    pendingLimit: 100_000,
    modelMemoryLimit: 268_435_456,
    redisPort: 6379,
    inputColumn: 'input',
    targetColumn: 'target',
    pipelineInterval: 1,
    logLevel: 'info',
    bodyLimitBytes: 1_048_576,
    jsonDepthLimit: 32,
    apiUrl: 'https://api.coinbase.com/v2/exchange-rates',
    targetCurrency: 'XRP',
    shutdownTimeout: 10,
    ingestionUrl: 'http://127.0.0.1:8002',
    featuresUrl: 'http://127.0.0.1:8001',
    linearUrl: 'http://127.0.0.1:8010',
    ridgeUrl: 'http://127.0.0.1:8011',
    knnUrl: 'http://127.0.0.1:8012',
    amfUrl: 'http://127.0.0.1:8013'
  })
  assert.ok(Object.isFrozen(config))
})

test('the variables existing users know are read', () => {
  const config = parseConfig({
    HOST: '0.0.0.0',
    PORT: '9000',
    MODEL_NAME: 'knn_regressor',
    N_LAGS: '10',
    PIPELINE_INTERVAL: '0.5',
    TARGET_CURRENCY: 'BTC',
    PATH: '/usr/bin'
  })
  assert.equal(config.host, '0.0.0.0')
  assert.equal(config.port, 9000)
  assert.equal(config.modelName, 'knn_regressor')
  assert.equal(config.nLags, 10)
  assert.equal(config.pipelineInterval, 0.5)
  assert.equal(config.targetCurrency, 'BTC')
})

test('an address follows its port setting until it is set itself', () => {
  const env = { MILLRACE_PORT_KNN: '9012', MILLRACE_AMF_URL: 'http://model-amfr:8013' }
  assert.equal(parseConfig(env).knnUrl, 'http://127.0.0.1:9012')
  assert.equal(parseConfig(env).amfUrl, 'http://model-amfr:8013')
})

test('a setting with two names is read by either, and by both only if they agree', () => {
  assert.equal(parseConfig({ MODEL_PATH: '/app/models/' }).modelDir, '/app/models/')
  assert.equal(parseConfig({ MODEL_DIR: '/m', MODEL_PATH: '/m' }).modelDir, '/m')
  assert.equal(parseConfig({ AWS_REGION: 'eu-central-1', AWS_DEFAULT_REGION: '' }).awsRegion, 'eu-central-1')
  assert.deepEqual(problemsOf({ MODEL_DIR: '/m', MODEL_PATH: '/n' }), [
    'MODEL_DIR and MODEL_PATH differ and mean the same; set one of them'
  ])
  assert.deepEqual(problemsOf({ AWS_ENDPOINT_URL: 'here' }), [
    'AWS_ENDPOINT_URL must be an http:// or https:// address, got "here"'
  ])
})

test('log levels may be written as other systems write them', () => {
  for (const [text, level] of [
    ['INFO', 'info'],
    ['Warning', 'warn'],
    ['CRITICAL', 'fatal'],
    ['debug', 'debug']
  ] as const) {
    assert.equal(parseConfig({ LOG_LEVEL: text }).logLevel, level)
  }
  assert.match(problemsOf({ LOG_LEVEL: 'LOUD' })[0]!, /^LOG_LEVEL must be one of fatal, error, .*, got "LOUD"$/)
})

test('a policy of versions is one of four kinds', () => {
  for (const good of ['all', 'latest:2', 'specific:v1.0,3', 'range:^1.2 || 3.x']) {
    assert.equal(parseConfig({ MILLRACE_VERSION_POLICY: good }).versionPolicy, good)
  }
  for (const bad of ['latest', 'latest:0', 'latest:two', 'specific:', 'specific:a,,b', 'range:', 'newest']) {
    assert.equal(problemsOf({ MILLRACE_VERSION_POLICY: bad }).length, 1, bad)
  }
})

test('an empty variable counts as not set', () => {
  assert.deepEqual(parseConfig({ PORT: '', N_LAGS: '', MILLRACE_DATA_DIR: '' }), parseConfig({}))
})

test('every fault is reported at once', () => {
  assert.deepEqual(problemsOf({ N_LAGS: '0', MODEL_NAME: 'lasso', API_URL: 'coinbase', MILLRACE_PROT_KNN: '1' }), [
    'MILLRACE_PROT_KNN is not a setting; did you mean MILLRACE_PORT_KNN?',
    'MODEL_NAME must be one of linear_regression, ridge_regression, knn_regressor, amf_regressor, got "lasso"',
    'N_LAGS must be an integer from 1 to 1000, got "0"',
    'API_URL must be an http:// or https:// address, got "coinbase"'
  ])
})

test('numbers are plain decimals within their range', () => {
  for (const bad of [
    '1e3',
    '0x10',
    ' 5',
    '5 ',
    '+5',
    '5.0',
    '1001',
    '-1',
    'NaN',
    'five',
    '１５',
    '99999999999999999999'
  ]) {
    assert.equal(problemsOf({ N_LAGS: bad }).length, 1, bad)
  }
  for (const bad of ['-1', '.5', '1.', '1e1', 'Infinity', '86400.1']) {
    assert.equal(problemsOf({ PIPELINE_INTERVAL: bad }).length, 1, bad)
  }
  assert.equal(parseConfig({ PIPELINE_INTERVAL: '0' }).pipelineInterval, 0)
  assert.equal(parseConfig({ MILLRACE_PORT_AMF: '0' }).portAmf, 0)
})

test('no body may be longer than the longest text of JavaScript', () => {
  assert.equal(problemsOf({ MILLRACE_BODY_LIMIT_BYTES: String(constants.MAX_STRING_LENGTH + 1) }).length, 1)
})

test('what Kubernetes sets for services named millrace is passed over', () => {
  const names = [
    'MILLRACE_SERVICE_HOST',
    'MILLRACE_SERVICE_PORT',
    'MILLRACE_SERVICE_PORT_HTTP',
    'MILLRACE_PORT',
    'MILLRACE_PORT_8000_TCP',
    'MILLRACE_PORT_8000_TCP_ADDR',
    'MILLRACE_FEATURES_SERVICE_HOST',
    'MILLRACE_FEATURES_PORT',
    'MILLRACE_FEATURES_PORT_8001_TCP_PROTO'
  ]
  assert.deepEqual(problemsOf(Object.fromEntries(names.map(name => [name, 'tcp://10.0.0.1:8000']))), [])
  assert.equal(problemsOf({ MILLRACE_PORT_8000: '1' }).length, 1)
})

function addressOf(env: Record<string, string>) {
  return redisAddress(parseConfig(env))
}

test('the address of Redis is REDIS_URL, or made of host and port', () => {
  assert.equal(addressOf({}), undefined)
  assert.equal(addressOf({ REDIS_PORT: '6380' }), undefined)
  assert.deepEqual(addressOf({ REDIS_HOST: 'cache' }), { host: 'cache', port: 6379 })
  assert.deepEqual(addressOf({ REDIS_HOST: '::1', REDIS_PORT: '6380' }), { host: '::1', port: 6380 })
  const url = 'rediss://user:word@Cache/2'
  assert.deepEqual(addressOf({ REDIS_URL: url, REDIS_HOST: 'cache', REDIS_PORT: '6379' }), { url })
  assert.deepEqual(addressOf({ REDIS_URL: 'redis://[::1]:7', REDIS_HOST: '::1' }), { url: 'redis://[::1]:7' })
})

test('settings of Redis that contradict each other are a fault', () => {
  assert.deepEqual(problemsOf({ REDIS_URL: 'redis://cache:6380', REDIS_HOST: 'other', REDIS_PORT: '6379' }), [
    'REDIS_HOST is other, but REDIS_URL says cache; set one of them',
    'REDIS_PORT is 6379, but REDIS_URL says 6380; set one of them'
  ])
  for (const bad of ['redis://cache:99999', 'redis:///', 'redis://cache/db', 'redis://:word@']) {
    assert.deepEqual(problemsOf({ REDIS_URL: bad }), [
      'REDIS_URL must be redis://[[user]:password@]host[:port][/database], or rediss://…'
    ])
  }
})

test('a password in an address is not repeated', () => {
  assert.deepEqual(problemsOf({ REDIS_URL: 'http://user:word@cache' }), [
    'REDIS_URL must be a redis:// or rediss:// address, got "http://…@cache"'
  ])
})

test('a cluster may set REDIS_PORT to the address of a service', () => {
  assert.equal(parseConfig({ REDIS_PORT: 'tcp://10.0.0.1:6379' }).redisPort, 6379)
})

test('a name like none of the settings gets no hint', () => {
  assert.deepEqual(problemsOf({ MILLRACE_COFFEE: 'strong' }), ['MILLRACE_COFFEE is not a setting'])
  assert.deepEqual(problemsOf({ MILLRACE_N_LAG: '5' }), ['MILLRACE_N_LAG is not a setting; did you mean N_LAGS?'])
})
