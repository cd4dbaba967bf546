import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { PythonRandom } from '@millrace/common'
import { learnerNames } from '@millrace/engine'
import { lags } from './clients/series-client.ts'
import type { Findings } from './findings.ts'
import { createGate } from './gate.ts'
import { EndedByItself, journalsOf, type KillDeps, startAndKill } from './kill.ts'
import { firstStartMs, type LifeOptions, type LifeResult } from './life.ts'
import { type Moment, randomMoment } from './moment.ts'
import { NotReady, restartable, type Restartable } from './restartable.ts'
import { createTruth, type TrueRow, type Truth } from './truth.ts'

/** Values of the stream for each kill: more than are stepped through between two of them would leave nothing to kill. */
const valuesPerKill = 60

/** How long the stream may take to its end once nobody kills the program any more, in milliseconds. */
const patienceMs = 120_000

/**
 * `millrace up` with its own pipeline, killed again and again: in the end each of the four models must have learned each
 * observation of the stream once, in order, with the lags that belong to it.
 */
export async function livePipeline(
  options: Omit<LifeOptions, 'profile'> & { settings: Readonly<Record<string, string>> }
): Promise<LifeResult> {
  const { folder, seed, findings } = options
  const random = new PythonRandom(seed)
  const values = Array.from({ length: valuesPerKill * options.kills }, (_, index) => index + random.random())
  const target = restartable({
    args: ['up'],
    settings: { ...settingsFor(folder, values), ...options.settings },
    folder
  })
  const truths = new Map<string, Truth>()
  let startMs = firstStartMs
  const look = (): void => {
    for (const learner of learnerNames) follow(learner, { target, truths, findings })
    for (const truth of truths.values()) checkRows(truth, values, findings)
  }
  try {
    for (let kill = 0; kill < options.kills && findings.list.length === 0; kill++) {
      const killed = await startAndKill(pipelineMoment(random), killDeps(target, startMs))
      startMs = killed.startMs ?? startMs
      options.onKilled(killed)
      look()
    }
    if (findings.list.length === 0) await finish(target, findings)
    look()
    for (const { learner, rows } of truths.values()) {
      findings.equal('every observation is learned once', {
        got: `${rows.length}`,
        wanted: `${values.length}`,
        where: learner
      })
    }
  } catch (error) {
    if (!(error instanceof EndedByItself || error instanceof NotReady)) throw error
    findings.add('the program runs until it is killed', error.message)
  } finally {
    await target.endAll()
  }
  return { snapshotsCompared: sum([...truths.values()].map(truth => truth.snapshotsCompared)) }
}

function settingsFor(folder: string, values: readonly number[]): Record<string, string> {
  const file = path.join(folder, 'values.csv')
  writeFileSync(file, ['input,target', ...values.map((value, index) => `${index},${value}`), ''].join('\n'))
  const often = { MILLRACE_SNAPSHOT_BYTES: '65536', MILLRACE_SNAPSHOT_INTERVAL: '1' }
  return { MILLRACE_DATA_FILE: file, PIPELINE_INTERVAL: '0.01', ...often }
}

/** No client hears of acknowledgements here. */
function pipelineMoment(random: PythonRandom): Moment {
  const moment = randomMoment(random, 1000)
  return moment.kind === 'acknowledged' ? { kind: 'load', afterMs: moment.nth } : moment
}

function killDeps(target: Restartable, startMs: number): KillDeps {
  const nobody = { gate: createGate(), clients: 0, check: async () => undefined, onAcknowledged: () => () => undefined }
  return { target, ...nobody, startMs, start: {} }
}

function follow(
  learner: string,
  { target, truths, findings }: { target: Restartable; truths: Map<string, Truth>; findings: Findings }
): void {
  const folder = path.join(journalsOf(target), learner)
  if (!truths.has(learner) && existsSync(folder)) truths.set(learner, createTruth(folder, findings))
  truths.get(learner)?.follow()
}

function checkRows({ learner, rows }: Truth, values: readonly number[], findings: Findings): void {
  for (const [index, row] of rows.entries()) {
    const wanted = JSON.stringify([index, values[index], lagsBefore(values, index)])
    findings.equal('observations are learned in order, each once, with its lags', {
      got: JSON.stringify([positionOf(row), row.target, row.features]),
      wanted,
      where: learner
    })
  }
}

/** The position in the stream, from the key that the pipeline gives as an id. */
function positionOf({ key }: TrueRow): number {
  return Number(key?.slice(key.lastIndexOf('/') + 1))
}

function lagsBefore(values: readonly number[], index: number): Record<string, number> {
  const names = Array.from({ length: lags }, (_, lag) => `in_${lag + 1}`)
  return Object.fromEntries(names.map((name, lag) => [name, values[index - lag - 1] ?? 0]))
}

/** Let the program come to the end of the stream, and stop it. */
async function finish(target: Restartable, findings: Findings): Promise<void> {
  const run = target.start()
  await run.ready
  const deadline = performance.now() + patienceMs
  while (!readFileSync(run.log, 'utf8').includes('"msg":"stream exhausted"')) {
    if (performance.now() > deadline) return findings.add('the stream comes to its end', 'it did not in time')
    await pause(50)
  }
  const { code } = await target.end('SIGTERM')
  if (code !== 0) findings.add('a stop is clean', `the program ended with ${code}`)
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
