import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { PythonRandom } from '@millrace/common'
import { createFindings, type Finding } from './findings.ts'
import type { Killed } from './kill.ts'
import { live } from './life.ts'
import { livePipeline } from './pipeline-life.ts'
import { modelProfile, powerProfile, type Profile, upProfile } from './profile.ts'
import { createTally } from './tally.ts'

/** What can be lived, with how often each comes up in a round. */
const weights = { up: 3, model: 3, power: 2, pipeline: 2 } as const
export type LifeKind = keyof typeof weights
export const lifeKinds = Object.keys(weights) as LifeKind[]

/** One life in words that are enough to live it again. */
export interface LifePlan {
  kind: LifeKind
  seed: number
  kills: number
}

/** How a life went. */
export interface LifeReport extends LifePlan {
  killed: Killed[]
  counts: Record<string, number>
  snapshotsCompared: number
  findings: readonly Finding[]
  /** Kept when there are findings. */
  folder: string | undefined
  seconds: number
}

/** Lives that have `kills` kills together. @param kinds those that may come up */
export function planLives(
  seed: number,
  { kills, killsPerLife, kinds }: { kills: number; killsPerLife: number; kinds: readonly LifeKind[] }
): LifePlan[] {
  const random = new PythonRandom(seed)
  const deck: LifeKind[] = []
  return Array.from({ length: Math.ceil(kills / killsPerLife) }, (_, index) => {
    if (deck.length === 0) deck.push(...shuffledDeck(kinds, random))
    const left = kills - index * killsPerLife
    return { kind: deck.pop()!, seed: random.getrandbits(32), kills: Math.min(left, killsPerLife) }
  })
}

/** Each kind as often as it is to come up. */
function shuffledDeck(kinds: readonly LifeKind[], random: PythonRandom): LifeKind[] {
  const deck = kinds.flatMap(kind => Array.from({ length: weights[kind] }, () => kind))
  random.shuffle(deck)
  return deck
}

/**
 * Live all lives, some at the same time.
 * @param options `settings` go to the program in place of those of the profiles; `onLife` hears of each life at its end
 */
export async function runLives(
  plans: readonly LifePlan[],
  options: { lanes: number; settings: Readonly<Record<string, string>>; onLife: (report: LifeReport) => void }
): Promise<LifeReport[]> {
  const reports: LifeReport[] = []
  let next = 0
  const lane = async (): Promise<void> => {
    while (next < plans.length) {
      const report = await runLife(plans[next++]!, options.settings)
      reports.push(report)
      options.onLife(report)
    }
  }
  await Promise.all(Array.from({ length: options.lanes }, lane))
  return reports
}

async function runLife(plan: LifePlan, settings: Readonly<Record<string, string>>): Promise<LifeReport> {
  const folder = mkdtempSync(path.join(tmpdir(), `millrace-crash-${plan.seed}-`))
  const findings = createFindings()
  const tally = createTally()
  const killed: Killed[] = []
  const options = { ...plan, folder, findings, tally, onKilled: (one: Killed) => void killed.push(one) }
  const start = performance.now()
  const { snapshotsCompared } =
    plan.kind === 'pipeline'
      ? await livePipeline({ ...options, settings })
      : await live({ ...options, profile: withSettings(profileFor(plan.kind, plan.seed), settings) })
  const isKept = findings.list.length > 0
  if (!isKept) rmSync(folder, { recursive: true, force: true })
  return {
    ...plan,
    killed,
    counts: Object.fromEntries(tally.counts),
    snapshotsCompared,
    findings: findings.list,
    folder: isKept ? folder : undefined,
    seconds: (performance.now() - start) / 1000
  }
}

function profileFor(kind: Exclude<LifeKind, 'pipeline'>, seed: number): Profile {
  const random = new PythonRandom(seed)
  if (kind === 'up') return upProfile(random)
  return kind === 'model' ? modelProfile(random) : powerProfile(random)
}

function withSettings(profile: Profile, settings: Readonly<Record<string, string>>): Profile {
  return { ...profile, settings: { ...profile.settings, ...settings } }
}
