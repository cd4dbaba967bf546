import assert from 'node:assert/strict'
import { rmSync } from 'node:fs'
import { test } from 'node:test'
import { type LifePlan, runLives } from './campaign.ts'

const quietly = { lanes: 2, settings: {}, onLife: () => undefined }

const lives: LifePlan[] = [
  { kind: 'up', seed: 1, kills: 2 },
  { kind: 'power', seed: 2, kills: 2 },
  { kind: 'model', seed: 3, kills: 2 },
  { kind: 'pipeline', seed: 4, kills: 1 }
]

test('a few kills break no promise; npm run crash makes hundreds', async () => {
  const reports = await runLives(lives, quietly)
  assert.deepEqual(
    reports.filter(({ findings }) => findings.length > 0),
    []
  )
})

test('an acknowledgement that a power failure takes back is found', async () => {
  const settings = { MILLRACE_DURABILITY: 'os' } // which promises nothing for a power failure
  const [life] = await runLives([{ kind: 'power', seed: 1, kills: 4 }], { ...quietly, settings })
  if (life!.folder !== undefined) rmSync(life!.folder, { recursive: true })
  assert.ok(life!.findings.some(({ promise }) => promise === 'nothing acknowledged is lost'))
})
