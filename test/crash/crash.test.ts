import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type LifeKind, type LifePlan, runLives } from './campaign.ts'

const seed = 1

async function broken(plans: readonly LifePlan[], settings: Record<string, string> = {}): Promise<string[]> {
  const reports = await runLives(plans, { lanes: 2, settings, onLife: () => undefined })
  return reports.flatMap(({ kind, folder, findings }) =>
    findings.map(
      ({ promise, detail }) => `${promise}: ${detail} (npm run crash -- --kind ${kind}, seed ${seed}, ${folder})`
    )
  )
}

const kinds: LifeKind[] = ['up', 'model', 'power', 'pipeline']

test('no promise is broken by a few kills; npm run crash makes hundreds', async () => {
  assert.deepEqual(await broken(kinds.map(kind => ({ kind, seed, kills: 2 }))), [])
})
