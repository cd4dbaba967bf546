import { MillraceError } from '@millrace/common'
import type { InferRequest } from '@millrace/engine'
import { mayExperimentIn } from '../asker-fields.ts'
import { invalid, type JsonObject } from '../json-fields.ts'

/** What the parameters of a request say to the model server. */
export type InferOptions = Pick<
  InferRequest,
  'featureNames' | 'useCache' | 'cacheTtlMs' | 'timeoutMs' | 'priority' | 'mayExperiment'
>

const none: InferOptions = {}

/**
 * Reads the parameters of a request: Triton's `timeout` in microseconds and `priority`, and Millrace's `feature_names`,
 * `use_cache`, `cache_ttl` in seconds and `use_ab_testing`. Others are passed over.
 * @throws {MillraceError} MILL_INPUT_INVALID, or MILL_UNSUPPORTED for a sequence of requests
 */
export function readOptions(parameters: JsonObject | undefined): InferOptions {
  if (parameters === undefined) return none
  refuseSequences(parameters)
  const timeoutUs = numberIn(parameters, 'timeout')
  const cacheTtl = numberIn(parameters, 'cache_ttl')
  return {
    featureNames: featureNamesIn(parameters),
    useCache: useCacheIn(parameters),
    cacheTtlMs: cacheTtl && cacheTtl * 1000,
    // 0 stands for no limit of the request's own.
    timeoutMs: timeoutUs === 0 ? undefined : timeoutUs && timeoutUs / 1000,
    priority: numberIn(parameters, 'priority'),
    mayExperiment: mayExperimentIn(parameters)
  }
}

function numberIn(parameters: JsonObject, key: string): number | undefined {
  const value = parameters[key]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'number' && Number.isFinite(value) && value >= 0) return value
  throw invalid(`the parameter '${key}' must be a number from 0 on`)
}

function useCacheIn({ use_cache: value }: JsonObject): boolean | undefined {
  if (value === undefined || typeof value === 'boolean') return value
  throw invalid("the parameter 'use_cache' must be true or false")
}

/** Parameters hold no lists: the names come as a text, separated by commas or as a list in JSON. */
function featureNamesIn({ feature_names: value }: JsonObject): readonly string[] | undefined {
  if (value === undefined) return undefined
  const names = typeof value === 'string' ? namesInText(value) : value
  if (Array.isArray(names) && names.every(name => typeof name === 'string')) return names
  throw invalid("the parameter 'feature_names' must be names separated by commas, or a list of texts as JSON")
}

function namesInText(text: string): unknown {
  if (!text.trimStart().startsWith('[')) return text.split(',').map(name => name.trim())
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Clients may send the fields of a sequence without being in one. */
function refuseSequences(parameters: JsonObject): void {
  const { sequence_id: id, sequence_start: isStart, sequence_end: isEnd } = parameters
  if (!isStart && !isEnd && (id === undefined || id === 0 || id === '' || id === '0')) return
  throw new MillraceError('MILL_UNSUPPORTED', 'sequences of requests (sequence_id) are not supported')
}
