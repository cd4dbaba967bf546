import { MillraceError } from '@millrace/common'
import type { VersionPolicy } from '@millrace/store'

/** `all`, `latest:2`, `specific:v1.0,v2.0` or `range:^1.2`, as the schema of the settings has checked it. */
export function readVersionPolicy(text: string): VersionPolicy {
  const colon = text.indexOf(':')
  const rest = text.slice(colon + 1)
  if (colon === -1) return { kind: 'all' }
  if (text.startsWith('latest:')) return { kind: 'latest', count: Number(rest) }
  if (text.startsWith('specific:')) return { kind: 'specific', versions: rest.split(',').map(each => each.trim()) }
  return { kind: 'range', range: rest }
}

/** A range that is none is a fault of the setting; any other error is left as it is. Only the engine reads ranges. */
export function policyFault(error: unknown, text: string): unknown {
  if (!(error instanceof MillraceError && error.code === 'MILL_OPTION_INVALID')) return error
  const problem = `MILLRACE_VERSION_POLICY must have a range as npm's semver reads it, got ${JSON.stringify(text)}`
  return new MillraceError('MILL_CONFIG_INVALID', `invalid configuration: ${problem}`, {
    cause: error,
    details: { problems: [problem] }
  })
}
