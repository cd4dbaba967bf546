import type { LoadOverride } from '@millrace/engine'
import type { VersionPolicy } from '@millrace/store'
import { invalid, isObject, type JsonObject, listIn, objectIn } from '../json-fields.ts'
import { integerIn, isNothing, type Known, messageIn, wrong } from './triton-message.ts'
import { tensorCheck } from './triton-tensors.ts'

/** What the file of a model is called. */
export const modelFile = 'model.onnx'

/** What a configuration of Triton comes down to here. */
export interface TritonConfig extends Pick<LoadOverride, 'config' | 'check'> {
  /** What the file of the model is called there. */
  readonly fileName: string
}

/** Keys that hold. */
const keys = new Set([
  'name',
  'platform',
  'backend',
  'version_policy',
  'max_batch_size',
  'input',
  'output',
  'dynamic_batching',
  'instance_group',
  'default_model_filename',
  'parameters'
])

/** Keys that change no answer: how fast, how it is counted, and what is done here anyway. */
const ignoredKeys = new Set([
  'optimization',
  'cc_model_filenames',
  'metric_tags',
  'model_metrics',
  'model_warmup',
  'response_cache'
])

/** Keys that would change what a client sees, and do not here: refused if they say anything. */
const refusedKeys = new Set([
  'runtime',
  'batch_input',
  'batch_output',
  'sequence_batching',
  'ensemble_scheduling',
  'model_operations',
  'model_transaction_policy',
  'model_repository_agents'
])

/**
 * Reads the JSON of a `ModelConfig` of Triton, its keys written as there or in camel case, integers also as texts.
 * @throws {MillraceError} MILL_INPUT_INVALID naming the key that is unknown, wrong, or not supported
 */
export function readTritonConfig(text: string, model: string): TritonConfig {
  const config = messageIn(parse(text), 'the configuration', { keys, ignoredKeys, refusedKeys })
  const { name, backend, platform, default_model_filename: fileName } = config
  if (!isNothing(name) && name !== model) throw wrong('name', `${model}, the model that is loaded`, name)
  if (!isNothing(backend) && backend !== 'onnxruntime') throw wrong('backend', 'onnxruntime', backend)
  if (!isNothing(platform) && platform !== 'onnxruntime_onnx') throw wrong('platform', 'onnxruntime_onnx', platform)
  if (!isNothing(fileName) && typeof fileName !== 'string') throw wrong('default_model_filename', 'a text', fileName)
  const maxBatchRows = integerIn(config, 'max_batch_size', 0) || undefined
  return {
    config: {
      versionPolicy: policyIn(config),
      maxBatchRows,
      ...batchingIn(config),
      instances: instancesIn(config),
      threads: threadsIn(config)
    },
    fileName: isNothing(fileName) ? modelFile : (fileName as string),
    check: tensorCheck(config, { hasBatches: maxBatchRows !== undefined })
  }
}

function parse(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch {
    // Said below: the message of the parser quotes what was sent.
  }
  throw invalid("the load parameter 'config' must be a JSON object")
}

function policyIn(config: JsonObject): VersionPolicy | undefined {
  const given = objectIn(config, 'version_policy', 'the configuration')
  if (given === undefined) return undefined
  const where = "'version_policy'"
  const policy = messageIn(given, where, { keys: new Set(['latest', 'all', 'specific']) })
  const latest = objectIn(policy, 'latest', where)
  if (latest !== undefined) {
    const { num_versions } = messageIn(latest, "'latest'", { keys: new Set(['num_versions']) })
    return { kind: 'latest', count: integerIn({ num_versions }, 'num_versions', 0) || 1 }
  }
  const specific = objectIn(policy, 'specific', where)
  if (specific === undefined) return 'all' in policy ? { kind: 'all' } : undefined
  const versions = listIn(specific, 'versions', "'specific'") ?? []
  if (!versions.every(isVersion)) throw wrong('versions', 'a list of versions', versions)
  return { kind: 'specific', versions: versions.map(String) }
}

function isVersion(given: unknown): boolean {
  return typeof given === 'string' || Number.isSafeInteger(given)
}

/** Requests that wait are put together whatever the sizes preferred, and lower numbers go first whatever the levels. */
const batching: Known = {
  keys: new Set(['max_queue_delay_microseconds', 'default_queue_policy']),
  ignoredKeys: new Set(['preferred_batch_size', 'priority_levels']),
  refusedKeys: new Set(['preserve_ordering', 'default_priority_level', 'priority_queue_policy'])
}

const queuePolicy: Known = {
  keys: new Set(['max_queue_size', 'timeout_action']),
  refusedKeys: new Set(['default_timeout_microseconds', 'allow_timeout_override'])
}

function batchingIn(config: JsonObject): Pick<LoadOverride['config'], 'batchDelayUs' | 'queueLimit'> {
  const given = objectIn(config, 'dynamic_batching', 'the configuration')
  if (given === undefined) return {}
  const batches = messageIn(given, "'dynamic_batching'", batching)
  const policy = objectIn(batches, 'default_queue_policy', "'dynamic_batching'") ?? {}
  const queue = messageIn(policy, "'default_queue_policy'", queuePolicy)
  const { timeout_action: action } = queue
  if (!isNothing(action) && action !== 'REJECT') throw wrong('timeout_action', 'REJECT', action)
  return {
    batchDelayUs: integerIn(batches, 'max_queue_delay_microseconds', 0) || undefined,
    queueLimit: integerIn(queue, 'max_queue_size', 0) || undefined
  }
}

const group: Known = {
  keys: new Set(['kind', 'count']),
  ignoredKeys: new Set(['name']),
  refusedKeys: new Set(['gpus', 'secondary_devices', 'profile', 'passive', 'host_policy', 'rate_limiter'])
}

const kinds: ReadonlySet<unknown> = new Set(['KIND_AUTO', 'KIND_CPU', 'KIND_MODEL'])

function instancesIn(config: JsonObject): number | undefined {
  const groups = listIn(config, 'instance_group', 'the configuration') ?? []
  const counts = groups.map(each => {
    if (!isObject(each)) throw wrong('instance_group', 'a list of objects', each)
    const { kind, ...counted } = messageIn(each, "'instance_group'", group)
    if (!isNothing(kind) && !kinds.has(kind)) throw wrong('kind', [...kinds].join(', '), kind)
    return integerIn(counted, 'count', 0) || 1
  })
  return counts.length === 0 ? undefined : counts.reduce((sum, count) => sum + count)
}

/** Of the free settings of Triton's backend for ONNX, the one that there is here as well. All others it passes over. */
function threadsIn(config: JsonObject): number | undefined {
  const parameters = objectIn(config, 'parameters', 'the configuration')
  const threads = parameters?.['intra_op_thread_count']
  if (!isObject(threads)) return undefined
  const { string_value: value } = messageIn(threads, "'intra_op_thread_count'", { keys: new Set(['string_value']) })
  return integerIn({ intra_op_thread_count: value }, 'intra_op_thread_count', 0) || undefined
}
