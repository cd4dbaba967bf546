import { compareKeys, versionKey } from '../../src/serving/version-order.ts'

/** Less than 0 when `a` is newer. */
export function compareVersions(a: string, b: string): number {
  return compareKeys(versionKey(a), versionKey(b))
}

/** The versions as a model lists them. */
export function newestFirst(versions: Iterable<string>): string[] {
  return [...versions].toSorted(compareVersions)
}
