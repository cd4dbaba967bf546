import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import {
  type LearnCommand,
  type LearnerLimits,
  type LearnerMachine,
  type LearnerName,
  learnerParameters,
  LearnRecordCodec,
  type ObservationCommand,
  type Outcome,
  type ParameterValue,
  type SettingsCommand
} from '@millrace/engine'
import { type JournalWriter, openJournalWriter, writeSnapshot } from '@millrace/store'
import { begunMachine } from '../src/cli/journal-machine.ts'

/** A new folder that is removed, with all in it, when the test ends. */
export function temporaryFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-server-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

/** How a learner is made. */
export function settings(
  learner: LearnerName,
  {
    limits = {},
    parameters = {}
  }: { limits?: Partial<LearnerLimits>; parameters?: Record<string, ParameterValue> } = {}
): SettingsCommand {
  return {
    kind: 'settings',
    learner,
    parameters: learnerParameters(learner, { seed: 42, parameters }),
    limits: { featureNames: 1000, memoryBytes: 2 ** 28, ids: 1000, ...limits }
  }
}

/** An observation without ids, unless `more` says otherwise. */
export function observation(
  features: Record<string, number>,
  target: number,
  more: Partial<ObservationCommand> = {}
): ObservationCommand {
  return { kind: 'observation', features, target, ...more }
}

/** Some rows of two waves, each with an id. */
export function waves(count: number, from = 1): ObservationCommand[] {
  return Array.from({ length: count }, (_, index) => {
    const at = from + index
    const features = { a: Math.sin(at / 7), b: Math.cos(at / 5), in_1: Math.sin(at / 11) }
    return observation(features, 10 + 3 * features.a - features.b + (at % 4) / 10, { observationId: `row-${at}` })
  })
}

/** A learner that is being taught. */
export interface TaughtLearner {
  /** The folder of its journal. */
  folder: string
  machine: LearnerMachine
  writer: JournalWriter
  /** What became of the commands, in their order; undefined for the first settings. */
  outcomes: (Outcome | undefined)[]
  /** Append a command, learn it, and take a snapshot if that is wanted. */
  tell(command: LearnCommand, options?: { snapshot?: boolean }): Promise<void>
}

/** Start to teach a learner, as a service would; the first command is its settings. */
export async function teach(dataDir: string, id: string, first: SettingsCommand): Promise<TaughtLearner> {
  const folder = join(dataDir, 'journal', id)
  const codec = new LearnRecordCodec()
  const { writer } = await openJournalWriter(folder, {
    durability: 'os',
    now: () => 1_000_000_000_000,
    segmentBytes: 4096
  })
  const append = (command: LearnCommand) =>
    new Promise<void>((resolve, reject) =>
      writer.append([codec.encode(command)], { committed: () => resolve(), failed: reject })
    )
  await append(first)
  const machine = begunMachine(first)
  const learner: TaughtLearner = {
    folder,
    machine,
    writer,
    outcomes: [undefined],
    async tell(command, { snapshot = false } = {}) {
      await append(command)
      learner.outcomes.push(machine.apply(command))
      if (snapshot)
        writeSnapshot(folder, { sequence: writer.lastSequence, time: 1_000_000_000_000, state: machine.toState() })
    }
  }
  return learner
}

/** A learner that was taught these commands, with snapshots after the ones at these positions, and nobody writes. */
export async function taught(
  dataDir: string,
  id: string,
  commands: readonly [SettingsCommand, ...LearnCommand[]],
  { snapshotsAt = [] }: { snapshotsAt?: readonly number[] } = {}
): Promise<TaughtLearner> {
  const [first, ...rest] = commands
  const learner = await teach(dataDir, id, first)
  for (const [index, command] of rest.entries()) {
    await learner.tell(command, { snapshot: snapshotsAt.includes(index + 2) })
  }
  await learner.writer.close()
  return learner
}
