import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type LedgerOptions, openLedger, type OpenLedger } from '../../../src/experiments/ledger/open-ledger.ts'

/** A log that says nothing. */
export const silent = { debug: () => undefined, info: () => undefined, warn: () => undefined }

/** A place for a ledger, or for several of them. */
export interface LedgerPlace {
  /** Is not there before a ledger is. */
  readonly folder: string
  /** A ledger that is closed when the test ends, if it was not before. */
  open(options?: Partial<LedgerOptions>): Promise<OpenLedger>
}

/** A new place that is removed when the test ends. */
export function ledgerPlace(context: TestContext): LedgerPlace {
  const root = mkdtempSync(join(tmpdir(), 'millrace-ledger-'))
  const folder = join(root, 'experiments')
  const opened: OpenLedger[] = []
  context.after(async () => {
    await Promise.allSettled(opened.map(ledger => ledger.close()))
    rmSync(root, { recursive: true, force: true })
  })
  return {
    folder,
    async open(options = {}) {
      const ledger = await openLedger({ folder, durability: 'os', log: silent, ...options })
      opened.push(ledger)
      return ledger
    }
  }
}
