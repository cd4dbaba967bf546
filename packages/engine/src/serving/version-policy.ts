import { MillraceError } from '@millrace/common'
import type { VersionPolicy } from '@millrace/store'
import Range from 'semver/classes/range.js'
import type { VersionKey } from './version-order.ts'

/**
 * The versions that a policy wants served, of those that there are, newest first. A range takes versions that read as
 * SemVer, `v1.0` as 1.0.0; pre-releases only where the range names one of the same release, as npm does.
 * @throws {MillraceError} MILL_OPTION_INVALID for a range that is none
 */
export function selectVersions(versions: readonly VersionKey[], policy: VersionPolicy): readonly VersionKey[] {
  switch (policy.kind) {
    case 'all':
      return versions
    case 'latest':
      return versions.slice(0, policy.count)
    case 'specific':
      return versions.filter(({ text }) => policy.versions.includes(text))
    case 'range': {
      const range = rangeOf(policy.range)
      return versions.filter(({ semver }) => semver !== undefined && range.test(semver))
    }
  }
}

/** A policy for people: `latest 2`. */
export function policyText(policy: VersionPolicy): string {
  switch (policy.kind) {
    case 'all':
      return 'all'
    case 'latest':
      return `latest ${policy.count}`
    case 'specific':
      return `only ${policy.versions.join(', ')}`
    case 'range':
      return `range ${policy.range}`
  }
}

function rangeOf(text: string): Range {
  try {
    return new Range(text)
  } catch (cause) {
    throw new MillraceError('MILL_OPTION_INVALID', `version range must be one of npm's semver, got ${text}`, { cause })
  }
}
