import { jsonFaults } from './check-json.ts'
import { modelConfigSchema } from './model-config-schema.ts'
import type { ModelConfig, VersionPolicy } from './model-config.ts'
import { parseObject, refuse } from './parse-metadata.ts'

/** Of a model that has no `config.json`. */
export const noModelConfig: ModelConfig = { aliases: {} }

/** The keys of a file that has passed its schema. */
interface CheckedConfig {
  version_policy?: 'all' | { latest: number } | { specific: string[] } | { range: string }
  aliases?: Record<string, string>
  max_batch_rows?: number
  batch_delay_us?: number
  queue_limit?: number
  placement?: 'inline' | 'thread'
  instances?: number
  threads?: number
}

/**
 * Read what the `config.json` of a model says.
 * @param text of the file
 * @param file names it in the error
 * @throws {MillraceError} MILL_MODEL_INVALID with all `faults` among its details
 */
export function parseModelConfig(text: string, file: string): ModelConfig {
  const raw = parseObject(text, file)
  refuse(file, jsonFaults(modelConfigSchema, raw))
  const checked = raw as CheckedConfig
  return {
    versionPolicy: toPolicy(checked.version_policy),
    aliases: checked.aliases ?? {},
    maxBatchRows: checked.max_batch_rows,
    batchDelayUs: checked.batch_delay_us,
    queueLimit: checked.queue_limit,
    placement: checked.placement,
    instances: checked.instances,
    threads: checked.threads
  }
}

function toPolicy(policy: CheckedConfig['version_policy']): VersionPolicy | undefined {
  if (policy === undefined) return undefined
  if (policy === 'all') return { kind: 'all' }
  if ('latest' in policy) return { kind: 'latest', count: policy.latest }
  return 'range' in policy ? { kind: 'range', range: policy.range } : { kind: 'specific', versions: policy.specific }
}
