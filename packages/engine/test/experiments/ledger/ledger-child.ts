// Run by a test as a process of its own, to be killed. Arguments: folder, first unit, durability. Serves one unit after
// the other without end, and tells an outcome of each; says `served <unit>` once the units of a turn are written, and
// `told <unit>` once the outcome is acknowledged.
import { writeSync } from 'node:fs'
import type { Durability } from '@millrace/store'
import { openLedger } from '../../../src/experiments/ledger/open-ledger.ts'
import { metrics, served, told } from './ledger-contract.ts'
import { silent } from './ledger-setup.ts'

const [folder = '', first = '0', durability = 'os'] = process.argv.slice(2)
const ledger = await openLedger({
  folder,
  durability: durability as Durability,
  log: silent,
  snapshotBytes: 20_000
})
const experiment = ledger.experiment('e', { arms: 2, metrics })
for (let unit = Number(first); ; unit++) {
  experiment.served(served(unit % 2, String(unit)))
  if (unit % 5 !== 0) continue
  await ledger.outcome(told('spent', 1, String(unit), { unit: String(unit) }))
  writeSync(1, `told ${unit}\n`)
  if (unit % 25 !== 0) continue
  await ledger.flush()
  writeSync(1, `served ${unit}\n`)
}
