import { PythonRandom } from '@millrace/common'
import { type Asker, asker } from './asking.ts'
import { batchClient } from './clients/batch-client.ts'
import type { Client, ClientDeps } from './clients/client.ts'
import { labelClient } from './clients/label-client.ts'
import { learnClient } from './clients/learn-client.ts'
import { createSeriesLedger, seriesClient, type SeriesLedger } from './clients/series-client.ts'
import type { Findings } from './findings.ts'
import { createLedger, type Ledger } from './ledger.ts'
import type { Profile } from './profile.ts'
import type { Restartable } from './restartable.ts'
import type { Tally } from './tally.ts'

/** All clients of a program, and what they were told. */
export interface Crowd {
  readonly clients: readonly Client[]
  readonly ledgers: readonly Ledger[]
  readonly series: readonly SeriesLedger[]
  close(): void
}

/** Clients of all kinds that work at the same time, each with a connection and random numbers of its own. */
export function createCrowd(
  profile: Profile,
  { target, random, findings, tally }: { target: Restartable; random: PythonRandom; findings: Findings; tally: Tally }
): Crowd {
  const askers: Asker[] = []
  const clients: Client[] = []
  const { repeatWindow } = profile
  const deps = (name: string): ClientDeps => {
    const own = asker(target)
    askers.push(own)
    return { name, random: new PythonRandom(random.getrandbits(32)), asker: own, findings, tally }
  }
  const ledgers = profile.learners.map(createLedger)
  for (const ledger of ledgers) {
    const learner = (kind: string) => ({ ...deps(`${kind}-${ledger.learner}`), ledger })
    clients.push(learnClient(learner('one'), { repeatWindow }), batchClient(learner('batch'), { repeatWindow }))
    if (profile.learners.length === 1) clients.push(learnClient(learner('other'), { repeatWindow }))
    if (profile.labelled.includes(ledger.learner)) clients.push(labelClient(learner('label'), { repeatWindow }))
  }
  const series = profile.hasSeries ? ['own', 'shared'].map(createSeriesLedger) : []
  for (const ledger of series) {
    const isAlone = ledger.seriesId === 'own'
    for (const base of isAlone ? [0.5] : [0.25, 1e9]) {
      clients.push(seriesClient(deps(`add-${base}`), { ledger, base, isAlone, repeatWindow }))
    }
  }
  return { clients, ledgers, series, close: () => askers.forEach(one => one.close()) }
}
