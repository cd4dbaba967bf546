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
