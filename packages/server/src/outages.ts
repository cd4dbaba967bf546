import { MillraceError } from '@millrace/common'

/** Turns failures that come again and again into one word at the beginning and one at the end. */
export interface Outages {
  failed(error: unknown): void
  succeeded(): void
}

/**
 * @param tell `failed` is called with the first failure and with each that is of another kind than the one before,
 *   `ended` with the number of failures when there are no more
 */
export function createOutages(tell: { failed(error: unknown): void; ended(failures: number): void }): Outages {
  let failures = 0
  let kind: string | undefined
  return {
    failed(error) {
      failures++
      if (kindOf(error) === kind) return
      kind = kindOf(error)
      tell.failed(error)
    },
    succeeded() {
      if (failures > 0) tell.ended(failures)
      failures = 0
      kind = undefined
    }
  }
}

/** Messages may hold what differs from failure to failure. */
function kindOf(error: unknown): string {
  if (error instanceof MillraceError) return error.code
  return error instanceof Error ? error.message : String(error)
}
