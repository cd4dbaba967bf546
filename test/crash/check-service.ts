import type { PythonRandom } from '@millrace/common'
import type { Ask, Asker } from './asking.ts'
import { oneOf, parsed, randomRow } from './clients/client.ts'
import { repeat } from './clients/repeat.ts'
import type { Findings } from './findings.ts'
import type { Answered, Ledger } from './ledger.ts'
import type { Tally } from './tally.ts'
import type { Truth } from './truth.ts'

/** What checks of a running program need. */
export interface CheckDeps {
  asker: Asker
  findings: Findings
  tally: Tally
  random: PythonRandom
}

/** How many repeats and predictions one check of a learner makes. */
const repeatsEach = 4
const predictionsEach = 4

/**
 * Hold a learner that nobody is teaching at the moment against what it has acknowledged, and against one that was never
 * killed.
 */
export async function checkLearner(
  { ledger, truth, window }: { ledger: Ledger; truth: Truth; window: number },
  deps: CheckDeps
): Promise<void> {
  const { asker, findings, random } = deps
  const service = ledger.learner
  const health = await asker.until({ service, path: '/health' })
  const { status, role, sequence } = parsed(health.body)
  findings.equal('a learner that was started again learns', {
    got: `${String(status)} ${String(role)} ${String(sequence)}`,
    wanted: `ok writer ${truth.lastSequence}`,
    where: service
  })
  await checkScore({ ledger, truth }, deps)
  for (let left = predictionsEach; left > 0; left--) await checkPrediction(service, truth, deps)
  for (let left = repeatsEach; left > 0; left--) {
    const old = oneOf(random, ledger.answered.slice(-window))
    if (old !== undefined) await repeat(old, deps)
  }
}

/** The score counts each acknowledged observation once, and ends with the one that the journal ends with. */
async function checkScore(
  { ledger, truth }: { ledger: Ledger; truth: Truth },
  { asker, findings }: CheckDeps
): Promise<void> {
  const service = ledger.learner
  const { body } = await asker.until({ service, path: '/model_metrics' })
  const score = (parsed(body)['default'] ?? { count: 0 }) as Record<string, number>
  const wanted = `${ledger.learned}`
  findings.equal('nothing is lost or learned twice', { got: `${score['count']}`, wanted, where: `${service}'s count` })
  const last = truth.rows.findLast(row => row.outcome.kind === 'learned')
  if (last?.outcome.kind !== 'learned') return
  findings.equal('the score is that of a run never killed', {
    got: `${score['last_prediction']} ${score['last_actual']}`,
    wanted: `${last.outcome.prediction} ${last.target}`,
    where: service
  })
}

/** A prediction is that of a learner that was never killed, to the last bit. */
export async function checkPrediction(
  service: string,
  truth: Truth,
  { asker, findings, random }: Omit<CheckDeps, 'tally'>
): Promise<void> {
  const { features } = randomRow(random)
  const { body } = await asker.until({ service, path: '/predict_many', body: JSON.stringify({ features, steps: 1 }) })
  const forecast = parsed(body)['forecast'] as [{ value: number }] | undefined
  findings.equal('predictions are those of a run never killed', {
    got: String(forecast?.[0]?.value),
    wanted: String(truth.machine?.predict(features)),
    where: service
  })
}

/** Repeat everything that is still remembered. @param askers share the work */
export async function repeatAll(
  answered: readonly Answered[],
  deps: Pick<CheckDeps, 'findings' | 'tally'> & { askers: readonly Asker[] }
): Promise<void> {
  let next = 0
  const work = async (asker: Asker): Promise<void> => {
    while (next < answered.length) await repeat(answered[next++]!, { ...deps, asker })
  }
  await Promise.all(deps.askers.map(work))
}

/** An asker that asks once: for checks, which are not made again when the program dies meanwhile. */
export function asksOnce(asker: Asker): Asker {
  return { ...asker, until: async (ask: Ask) => ({ ...(await asker.once(ask)), attempts: 1 }) }
}
