import { MillraceError } from '@millrace/common'
import type { JournalWriter } from '@millrace/store'
import { checkRecipe } from './learner-errors.ts'
import { LearnRecordCodec } from './learn-record.ts'
import type { SettingsCommand } from './learn-command.ts'
import { LearnerMachine } from './learner-machine.ts'
import { pendingPredictionsOf, settingsOf, type TaughtLearnerOptions } from './learner-options.ts'
import { restoreMachineGently } from './restore-machine.ts'
import type { ServedLearner } from './served-learner.ts'
import { settingsText } from './settings-text.ts'
import type { SnapshotWatch } from './snapshotter.ts'
import { taughtLearner } from './taught-learner.ts'

/**
 * Put a learner into service as its one writer. It is what its journal says; an empty journal begins with its settings,
 * and limits that have changed are written there too. Takes as long as it takes to learn what has come to the journal
 * since the newest snapshot, without blocking the thread for long at a time.
 * @throws {MillraceError} MILL_CONFIG_INVALID when the journal was made by another learner or is beyond the limits;
 *   MILL_OPTION_INVALID; MILL_JOURNAL_DAMAGED, MILL_STORE_FAILED or MILL_WRITER_FENCED. The journal stays open then
 */
export async function openLearner(options: TaughtLearnerOptions): Promise<ServedLearner> {
  const { id, journal, log } = options
  const wanted = settingsOf(options)
  const { ids } = wanted.limits
  if (ids < options.limits.ids) log.warn({ learner: id, ids }, 'fewer ids are remembered: the memory limit is low')
  const { machine: found, snapshotSequence } = await restoreMachineGently(journal.reader, {
    onUnusable: (sequence, error) => {
      log.warn({ learner: id, snapshot: sequence, err: error }, 'a snapshot cannot be used; an older one must do')
    }
  })
  if (found !== undefined) checkRecipe(id, found, wanted)
  const machine = found ?? new LearnerMachine(wanted)
  if (found === undefined) await write(journal.writer, wanted)
  else if (settingsText(found.settings) !== settingsText(wanted)) {
    checkLimits(id, found, wanted)
    await write(journal.writer, wanted)
    found.apply(wanted)
  }
  log.info({ learner: id, sequence: journal.writer.lastSequence, snapshot: snapshotSequence }, 'learner restored')
  machine.onGuardEvent(event => log.warn({ learner: id, ...event }, 'divergence guard'))
  return taughtLearner(options, {
    machine,
    pending: pendingPredictionsOf(options),
    snapshots: watchOf(options, snapshotSequence),
    snapshotSequence
  })
}

function watchOf({ id, journal, snapshots }: TaughtLearnerOptions, sequence: number): SnapshotWatch | undefined {
  if (snapshots === undefined) return undefined
  const newest = journal.reader.snapshots().find(snapshot => snapshot.sequence === sequence)
  const { snapshotter, folder } = snapshots
  return snapshotter.watch({
    learner: id,
    folder,
    writer: journal.writer,
    newest: { sequence, bytes: newest?.bytes ?? 0 }
  })
}

/** Try on a copy whether the learner fits the limits. */
function checkLimits(id: string, machine: LearnerMachine, wanted: SettingsCommand): void {
  const outcome = LearnerMachine.fromState(machine.toState()).apply(wanted)
  if (outcome.kind !== 'refused') return
  const { message } = outcome.refusal
  throw new MillraceError('MILL_CONFIG_INVALID', `learner ${id} is beyond the limits it is to have: ${message}`, {
    details: { learner: id, limits: wanted.limits }
  })
}

function write(writer: JournalWriter, settings: SettingsCommand): Promise<void> {
  return new Promise((resolve, reject) => {
    writer.append([new LearnRecordCodec().encode(settings)], { committed: () => resolve(), failed: reject })
  })
}
