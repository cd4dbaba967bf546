import { integerWithin } from '@millrace/common'
import type { StateLimits } from './ledger-state.ts'
import type { RequestLimits } from './request-window.ts'

/** How much a ledger remembers. */
export interface LedgerLimits extends StateLimits {
  readonly requests: RequestLimits
}

/** What may be left out: see {@link ledgerLimits} for the defaults. */
export type LedgerLimitOptions = Partial<StateLimits> & { readonly requests?: Partial<RequestLimits> | undefined }

/**
 * Limits with their defaults: 2 million units an experiment, 500,000 ids of outcomes an experiment, 100,000 outcomes that
 * wait, and a million requests of a day.
 * @throws {MillraceError} MILL_OPTION_INVALID
 */
export function ledgerLimits(options: LedgerLimitOptions = {}): LedgerLimits {
  const { units = 2_000_000, outcomeIds = 500_000, waitingOutcomes = 100_000, requests = {} } = options
  const { ttlMs = 86_400_000, limit = 1_000_000 } = requests
  return {
    units: integerWithin('units', units, 1),
    outcomeIds: integerWithin('outcomeIds', outcomeIds, 8),
    waitingOutcomes: integerWithin('waitingOutcomes', waitingOutcomes, 1),
    requests: { ttlMs: integerWithin('ttlMs', ttlMs, 1), limit: integerWithin('limit', limit, 1) }
  }
}
