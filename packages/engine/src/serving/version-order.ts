import type SemVer from 'semver/classes/semver.js'
import compareBuild from 'semver/functions/compare-build.js'
import parse from 'semver/functions/parse.js'

/** An optional v, one to three numbers, and what SemVer allows after them. */
const likeSemver = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?((?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)$/

/** Runs of digits, and what is between them. */
const runs = /\d+|\D+/g

/**
 * The version as SemVer, with numbers that are missing taken as 0 and leading zeros dropped: `v1.0` is 1.0.0,
 * `2026.07` is 2026.7.0. Undefined for any other text, and for numbers beyond 2^53.
 */
function semverOf(version: string): SemVer | undefined {
  const found = likeSemver.exec(version)
  if (found === null) return undefined
  const [, major, minor = '0', patch = '0', rest = ''] = found
  const core = [major!, minor, patch].map(withoutZeros).join('.')
  return parse(core + rest) ?? undefined
}

/** A version, read once so that it can be compared often. */
export interface VersionKey {
  readonly text: string
  /** The version as SemVer; undefined for what does not read as one. */
  readonly semver: SemVer | undefined
}

/** What a version is ordered by. */
export function versionKey(text: string): VersionKey {
  return { text, semver: semverOf(text) }
}

/**
 * Orders versions, the newest first. Those that read as SemVer come before all others and in its order (`1.10` before
 * `1.9`, `2.0.0` before `2.0.0-rc.1`); the others in the order of their parts, runs of digits by their value (`run-10`
 * before `run-9`); what is still equal, as `v1.0` and `1.0.0`, by code units. A total order on all texts.
 * @returns less than 0 when `a` is newer
 */
export function compareKeys(a: VersionKey, b: VersionKey): number {
  return compareParsed(a, b) || compareText(a.text, b.text)
}

function compareParsed(a: VersionKey, b: VersionKey): number {
  if (a.semver !== undefined && b.semver !== undefined) return compareBuild(b.semver, a.semver)
  if (a.semver !== undefined) return -1
  return b.semver === undefined ? compareNaturally(b.text, a.text) : 1
}

function compareNaturally(a: string, b: string): number {
  const [left, right] = [a.match(runs) ?? [], b.match(runs) ?? []]
  for (const [index, run] of left.entries()) {
    const other = right[index]
    if (other === undefined) return 1
    const difference = compareRuns(run, other)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

function compareRuns(a: string, b: string): number {
  if (!isDigits(a) || !isDigits(b)) return compareText(a, b)
  const [left, right] = [withoutZeros(a), withoutZeros(b)]
  return left.length - right.length || compareText(left, right)
}

function isDigits(run: string): boolean {
  return run >= '0' && run < ':'
}

function withoutZeros(digits: string): string {
  return digits.replace(/^0+(?=\d)/, '')
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}
