import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { type Asker, asker } from './asking.ts'
import { parsed } from './clients/client.ts'
import type { Findings } from './findings.ts'
import { journalsOf } from './kill.ts'
import type { Profile } from './profile.ts'
import { restartable } from './restartable.ts'
import { createTruth, type TrueRow, type Truth } from './truth.ts'

/** How many observations go into one request. */
const batchSize = 200

/**
 * Teach a program that nobody kills what the journals say, in their order, over HTTP, and hold its answers and its state,
 * byte by byte, against them. Learners taught by labels are left out: the ids of predictions are made anew.
 */
export async function compareWithNeverKilled({
  profile,
  folder,
  findings,
  truths
}: {
  profile: Profile
  folder: string
  findings: Findings
  truths: ReadonlyMap<string, Truth>
}): Promise<void> {
  mkdirSync(folder)
  const target = restartable({ args: profile.args, settings: profile.settings, folder })
  const own = asker(target)
  const compared = [...truths].filter(([service]) => !profile.labelled.includes(service))
  try {
    await target.start().ready
    for (const [service, truth] of compared) await teach(service, truth.rows, { asker: own, findings })
    await target.end('SIGTERM')
    for (const [service, truth] of compared) {
      const other = createTruth(path.join(journalsOf(target), profile.journals[service]!), findings)
      other.follow()
      compareStates(service, truth, other, findings)
    }
  } finally {
    own.close()
    await target.end('SIGKILL')
  }
}

async function teach(
  service: string,
  rows: readonly TrueRow[],
  { asker: own, findings }: { asker: Asker; findings: Findings }
): Promise<void> {
  for (let at = 0; at < rows.length; at += batchSize) {
    const batch = rows.slice(at, at + batchSize)
    const observations = batch.map(({ key, features, target }) => ({ features, target, observation_id: idOf(key) }))
    const answer = await own.until({ service, path: '/predict_learn/batch', body: JSON.stringify({ observations }) })
    const wanted = batch.map(({ outcome }) => (outcome.kind === 'learned' ? outcome.prediction : null))
    findings.equal('answers are those of a run never killed', {
      got: JSON.stringify(parsed(answer.body)['predictions']),
      wanted: JSON.stringify(wanted),
      where: `${service}, rows from ${at}`
    })
  }
}

function idOf(key: TrueRow['key']): string | undefined {
  return key?.slice(key.indexOf(' ') + 1)
}

function compareStates(service: string, one: Truth, other: Truth, findings: Findings): void {
  const state = one.machine?.toState() ?? new Uint8Array()
  const otherState = other.machine?.toState() ?? new Uint8Array()
  if (Buffer.compare(state, otherState) === 0) return
  const detail = `${service}: ${state.length} and ${otherState.length} bytes`
  findings.add('the state is that of a run never killed', detail)
}
