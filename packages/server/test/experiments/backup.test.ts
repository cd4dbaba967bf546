import assert from 'node:assert/strict'
import { appendFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { openLedger } from '@millrace/engine'
import { openEmbeddedStore } from '@millrace/store'
import { runBackupCommand } from '../../src/cli/backup.ts'
import { runRestoreCommand } from '../../src/cli/restore.ts'
import { createLogger } from '../../src/index.ts'
import { temporaryFolder } from '../journal-data.ts'
import { FakeProcess } from '../replay-host.ts'

const log = createLogger({ level: 'silent' })
const shape = { arms: 2, metrics: new Map([['conversion', 'conversion']]) }

const ledgerIn = (dataDir: string) => openLedger({ folder: join(dataDir, 'experiments'), durability: 'os', log })

async function run(command: typeof runBackupCommand, ...args: string[]) {
  const host = new FakeProcess()
  const code = await command(args, {}, host)
  return { code, err: host.stderr.text }
}

test('a backup that is made while requests are served has what experiments measured', async context => {
  const dataDir = join(temporaryFolder(context), 'data')
  const storeSettings = { durability: 'os', idsRemembered: 100, pendingTtlMs: 10_000, pendingLimit: 10 } as const
  await (await openEmbeddedStore({ folder: dataDir, ...storeSettings })).close()
  const ledger = await ledgerIn(dataDir)
  const experiment = ledger.experiment('buttons', shape)
  for (let unit = 0; unit < 100; unit++) {
    experiment.served({
      arm: unit % 2,
      unit: `user-${unit}`,
      isGiven: true,
      isOverride: false,
      requestId: `request-${unit}`,
      prediction: 1,
      durationMs: 1,
      isCached: false,
      isFallback: false
    })
  }
  const told = { experiment: 'buttons', unit: 'user-4', requestId: undefined, metric: 'conversion', value: 1, id: 'a' }
  await ledger.outcome(told)
  await ledger.flush()
  const folder = join(temporaryFolder(context), 'backup')
  assert.deepEqual(await run(runBackupCommand, folder, '--data-dir', dataDir), { code: 0, err: '' })
  await assert.rejects(run(runRestoreCommand, folder, '--data-dir', dataDir, '--force'), { code: 'MILL_WRITER_TAKEN' })
  await ledger.close()

  const restored = join(temporaryFolder(context), 'restored')
  assert.deepEqual(await run(runRestoreCommand, folder, '--data-dir', restored), { code: 0, err: '' })
  const again = await ledgerIn(restored)
  context.after(() => again.close())
  const { arms } = again.experiment('buttons', shape).tally()
  assert.deepEqual(
    arms.map(({ units }) => units),
    [50, 50]
  )
  assert.equal(arms[0]!.metrics.get('conversion')!.sum, 1)
  assert.equal(again.experiment('buttons', shape).armOf('user-7'), 1)
  const [receipt] = await again.outcome(told)
  assert.equal(receipt!.isRepeat, true)

  const journal = join(folder, 'experiments', '0')
  const segment = readdirSync(journal, { withFileTypes: true }).find(entry => entry.isFile())!
  appendFileSync(join(journal, segment.name), 'x')
  await assert.rejects(run(runBackupCommand, '--verify', folder), { code: 'MILL_BACKUP_INVALID' })
})
