import { existsSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { PythonRandom } from '@millrace/common'
import { asker } from './asking.ts'
import { checkJournal } from './check-journal.ts'
import { asksOnce, type CheckDeps, checkLearner, repeatAll } from './check-service.ts'
import type { Client } from './clients/client.ts'
import { checkChain } from './clients/series-client.ts'
import { createCrowd, type Crowd } from './crowd.ts'
import type { Findings } from './findings.ts'
import { createGate, type Gate } from './gate.ts'
import { EndedByItself, journalsOf, type Killed, type KillDeps, startAndKill } from './kill.ts'
import { randomMoment } from './moment.ts'
import { compareWithNeverKilled } from './never-killed.ts'
import { powerFailure } from './power-failure.ts'
import type { Profile } from './profile.ts'
import { createReader, type Reader } from './reader.ts'
import { NotReady, restartable, type Restartable, type Run } from './restartable.ts'
import type { Tally } from './tally.ts'
import { createTruth, type Truth } from './truth.ts'

/** One data folder, and how often the program on it is killed. */
export interface LifeOptions {
  profile: Profile
  /** Kept by the caller if there are findings. */
  folder: string
  seed: number
  kills: number
  findings: Findings
  tally: Tally
  /** Hears of each kill. */
  onKilled: (killed: Killed) => void
}

/** What is told of a life beside its findings and tallies. */
export interface LifeResult {
  /** How many snapshots of the program were compared, byte by byte, with the state of a run that was never killed. */
  snapshotsCompared: number
}

/** How long a start takes, in milliseconds, until one was measured. */
export const firstStartMs = 700

/** How long the end of a program may take to be seen, in milliseconds. */
const patienceMs = 3000

const logSyncs = fileURLToPath(new URL('preload/log-syncs.ts', import.meta.url))

/**
 * Start a program on a fresh folder, kill it again and again while clients work, and hold everything against what was
 * acknowledged. Ends early at the first finding, since others would follow from it.
 */
export async function live(options: LifeOptions): Promise<LifeResult> {
  const { profile, folder, seed, findings, tally } = options
  const random = new PythonRandom(seed)
  const { args, settings } = profile
  const target = restartable({ args, settings, folder })
  const reader = profile.hasReader ? createReader({ args, settings, folder }) : undefined
  const crowd = createCrowd(profile, { target, random, findings, tally })
  const gate = createGate()
  const working = Promise.all(crowd.clients.map(client => work(client, gate, findings)))
  const stage: Stage = { ...options, random, target, crowd, gate, truths: new Map(), startMs: firstStartMs, reader }
  try {
    for (let kill = 0; kill < options.kills && findings.list.length === 0; kill++) await killOnce(stage)
    if (findings.list.length === 0) await lookBack(stage)
  } catch (error) {
    if (error instanceof EndedByItself || error instanceof NotReady)
      findings.add('the program runs until it is killed', error.message)
    else if (!(error instanceof LifeOver)) throw error
  } finally {
    const over = new LifeOver('this life is over')
    gate.end(over)
    target.giveUp(over)
    await target.endAll()
    await stage.reader?.end()
    crowd.close()
    await working
  }
  const compared = [...stage.truths.values()].map(({ snapshotsCompared }) => snapshotsCompared)
  return { snapshotsCompared: compared.reduce((sum, one) => sum + one, 0) }
}

interface Stage extends LifeOptions {
  random: PythonRandom
  target: Restartable
  crowd: Crowd
  gate: Gate
  /** By the name of the service. */
  truths: Map<string, Truth>
  /** How long the latest start took, in milliseconds. */
  startMs: number
  reader: Reader | undefined
}

class LifeOver extends Error {}

async function work(client: Client, gate: Gate, findings: Findings): Promise<void> {
  try {
    for (;;) {
      await gate.pass()
      await client.turn()
    }
  } catch (error) {
    if (error instanceof LifeOver) return
    findings.add('a client is answered', String(error))
    gate.end(new LifeOver('a client could not go on'))
  }
}

async function killOnce(stage: Stage): Promise<void> {
  const { profile, random, target, gate, crowd, folder, tally } = stage
  const moment = randomMoment(random, profile.longestLoadMs)
  const log = path.join(folder, 'syncs.txt')
  const deps: KillDeps = {
    target,
    gate,
    clients: crowd.clients.length,
    check: run => checkServices(stage, run),
    onAcknowledged: hit => tally.listen(hit),
    startMs: stage.startMs,
    start: profile.losesPower ? { preload: [logSyncs], environment: { CRASH_SYNCS: log } } : {}
  }
  const killed = await startAndKill(moment, deps)
  stage.startMs = killed.startMs ?? stage.startMs
  if (profile.losesPower) powerFailure(journalsOf(target), log, random)
  checkJournals(stage)
  stage.onKilled(killed)
}

/** The truth about a learner, from the moment that it has a journal. */
function truthOf(stage: Stage, service: string): Truth | undefined {
  const { truths, profile, target, findings } = stage
  const folder = path.join(journalsOf(target), profile.journals[service] ?? service)
  if (!truths.has(service) && existsSync(folder)) truths.set(service, createTruth(folder, findings))
  return truths.get(service)
}

function checkJournals(stage: Stage): void {
  for (const ledger of stage.crowd.ledgers) {
    const truth = truthOf(stage, ledger.learner)
    if (truth !== undefined) checkJournal({ truth, ledger }, stage.findings)
    else if (ledger.learned > 0) stage.findings.add('nothing acknowledged is lost', `${ledger.learner} has no journal`)
  }
}

/** Look at a program that is ready while no client works. */
async function checkServices(stage: Stage, run: Run): Promise<void> {
  const { crowd, profile, findings, tally, random, reader } = stage
  checkJournals(stage)
  const own = asker({ address: async service => (await run.ready)[service] ?? '' })
  const deps: CheckDeps = { asker: asksOnce(own), findings, tally, random }
  try {
    for (const ledger of crowd.ledgers) {
      const truth = truthOf(stage, ledger.learner)
      if (truth === undefined) continue
      await checkLearner({ ledger, truth, window: profile.repeatWindow }, deps)
      await reader?.check(ledger.learner, truth, deps)
    }
  } catch (error) {
    // A program that dies inside may do so now; one that lives on owes an answer.
    const isDead = await Promise.race([run.program.exit, pause(patienceMs, undefined, { ref: false })])
    if (isDead === undefined) findings.add('a client is answered', String(error))
  } finally {
    own.close()
  }
}

/** At the end of a life: everything again, and beside a program that was never killed. */
async function lookBack(stage: Stage): Promise<void> {
  const { crowd, gate, profile, target, findings, tally, folder } = stage
  const run = target.start()
  await run.ready
  await gate.allWaiting(crowd.clients.length)
  await checkServices(stage, run)
  const askers = Array.from({ length: 8 }, () => asker(target))
  for (const { answered } of [...crowd.ledgers, ...crowd.series]) {
    await repeatAll(answered.slice(-profile.repeatWindow), { askers, findings, tally })
  }
  for (const one of askers) one.close()
  for (const series of crowd.series) checkChain(series, (promise, detail) => findings.add(promise, detail))
  await checkServices(stage, run)
  const { code } = await target.end('SIGTERM')
  if (code !== 0) findings.add('a stop is clean', `the program ended with ${code}`)
  checkJournals(stage)
  if (findings.list.length === 0) await compareWithNeverKilled({ ...stage, folder: path.join(folder, 'never-killed') })
}
