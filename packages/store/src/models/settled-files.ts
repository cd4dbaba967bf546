import type { IsSettled } from './scan-folder.ts'

/**
 * Knows which files nobody writes any more: they were last changed `stableMs` ago or longer, by their own stamps, or
 * have looked the same for that long, whatever the clock of a remote disk says.
 */
export function settledFiles({ stableMs, now }: { stableMs: number; now: () => number }): {
  isSettled: IsSettled
  /** Forget all files but these. */
  retain(paths: ReadonlySet<string>): void
} {
  const seen = new Map<string, { stamp: string; sinceMs: number }>()
  return {
    isSettled(path, { stamp, changedAtMs }) {
      const at = now()
      const entry = seen.get(path)
      if (at - changedAtMs >= stableMs) {
        seen.delete(path)
        return true
      }
      if (entry?.stamp === stamp) return at - entry.sinceMs >= stableMs
      seen.set(path, { stamp, sinceMs: at })
      return stableMs === 0
    },
    retain(paths) {
      for (const path of seen.keys()) if (!paths.has(path)) seen.delete(path)
    }
  }
}
