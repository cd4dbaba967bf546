import assert from 'node:assert/strict'
import { cpSync, readdirSync, statSync, truncateSync } from 'node:fs'
import path from 'node:path'
import type { TestContext } from 'node:test'
import { temporaryFolder } from '../e2e/program.ts'
import { ids, journalOf, kill, learnedIds, scored, startModel, teachAll } from './model-service.ts'

/** Observations that every folder begins with. */
export const taught = 40

/** A folder whose program was killed after it had learned. */
export async function killedFolder(t: TestContext, settings: Record<string, string> = {}): Promise<string> {
  const folder = temporaryFolder(t)
  const service = await startModel(t, folder, { settings })
  await teachAll(service, 1, taught)
  await kill(service.program)
  return folder
}

/** Files of the journal whose names end so, in order. */
export function filesOf(dataDir: string, ending: string): string[] {
  const folder = journalOf(dataDir)
  const names = readdirSync(folder).filter(name => name.endsWith(ending))
  return names.toSorted().map(name => path.join(folder, name))
}

/** Fewer bytes than one observation of these tests takes in a journal. */
export const lastWrite = 70

/** Cut so many bytes off the end of a journal: the observation there is gone, and all others are left to go on from. */
export async function tearOff(t: TestContext, folder: string, cuts: readonly number[]): Promise<void> {
  const [segment] = filesOf(folder, '.segment')
  const { size } = statSync(segment!)
  for (const cut of cuts) {
    const copy = path.join(temporaryFolder(t), 'data')
    cpSync(folder, copy, { recursive: true })
    truncateSync(filesOf(copy, '.segment')[0]!, size - cut)
    const service = await startModel(t, copy)
    assert.equal(await scored(service), taught - 1, `${cut} bytes`)
    await teachAll(service, taught, taught + 5)
    await kill(service.program)
    assert.deepEqual(learnedIds(copy), ids(1, taught + 5))
  }
}
