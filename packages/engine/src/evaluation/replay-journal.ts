import { MillraceError } from '@millrace/common'
import type { Features } from '@millrace/online'
import type { JournalReader, JournalRecord } from '@millrace/store'
import { type LearnerName, learnerParameters, type LearnerSettings } from '../learning/catalog.ts'
import type { LearnCommand, LearnerLimits, ObservationCommand, SettingsCommand } from '../learning/learn-command.ts'
import { LearnRecordCodec } from '../learning/learn-record.ts'
import { LearnerMachine } from '../learning/learner-machine.ts'
import type { Refusal } from '../learning/refusal.ts'
import { foldRecord } from '../learning/restore-machine.ts'
import { type Contender, type Predictor, ProgressiveValidation, type Standing } from './progressive-validation.ts'

/** Another learner to run over a journal. */
export interface ReplayedConfiguration extends LearnerSettings {
  /** Under which it stands in the table. */
  label: string
  name: LearnerName
}

/** An observation that was learned. */
export interface JournalReplayRow {
  /** Position in the journal. */
  sequence: number
  /** When it was written, in milliseconds since 1970. */
  time: number
  target: number
  /**
   * The prediction that was scored when it was learned, then those of the other contenders; undefined where one could not
   * predict.
   */
  predictions: readonly (number | undefined)[]
}

/** A replay under way. */
export interface JournalReplay {
  /** The settings that the journal begins with, or those in force where it can be replayed from. */
  readonly recorded: SettingsCommand
  /** Position after which it begins: 0, or that of the oldest snapshot whose records since are all kept. */
  readonly after: number
  /** What became of the records gone through: learned, or refused, or repeats of others. Settings are none of these. */
  readonly counts: { learned: number; refused: number; repeats: number }
  /** Goes through the journal once; the standings are those of the rows so far. */
  rows(): IterableIterator<JournalReplayRow>
  /** The recorded learner as `recorded`, then the others in their order. */
  standings(): Standing[]
  /** See {@link ProgressiveValidation.comparableFrom}. */
  readonly comparableFrom: number | undefined
}

/**
 * Run other learners over the records of a journal, and compare them with what was served: each is told what the recorded
 * learner was told, with the limits that it had then and a guard against divergence of its own, and is scored on every
 * observation that was learned then. So one with the recorded settings predicts the same bits. But the label of an
 * earlier prediction counts for the recorded learner with the prediction as it was made, for the others with one made
 * when the label came. Changes nothing.
 * @param others configurations, and rules without learning
 * @throws {MillraceError} MILL_OPTION_INVALID for parameters that do not exist; MILL_DATA_INVALID for a journal without
 *   records; MILL_JOURNAL_DAMAGED or MILL_STORE_FAILED, here and from `rows`
 */
export function replayJournal(
  reader: JournalReader,
  others: readonly (ReplayedConfiguration | Contender)[]
): JournalReplay {
  const { machine, after, records } = beginning(reader)
  const recorded = new RecordedPredictions()
  const learners: ReplayedLearner[] = []
  const contenders = others.map(other => {
    if ('regressor' in other) return other
    const learner = new ReplayedLearner(other, machine.settings)
    learners.push(learner)
    return { name: other.label, regressor: learner, isBaseline: false }
  })
  const validation = new ProgressiveValidation([
    { name: 'recorded', regressor: recorded, isBaseline: false },
    ...contenders
  ])
  const counts = { learned: 0, refused: 0, repeats: 0 }
  function* rows(): Generator<JournalReplayRow, undefined> {
    const codec = new LearnRecordCodec()
    for (const { sequence, time, payload } of records) {
      const command = codec.decode(payload)
      const outcome = machine.apply(command, payload)
      for (const learner of learners) learner.next = { command, payload }
      if (command.kind === 'settings' || outcome.kind === 'settings') {
        for (const learner of learners) learner.limit(machine.settings.limits)
        continue
      }
      counts[outcome.isRepeat ? 'repeats' : outcome.kind]++
      if (outcome.isRepeat) continue
      const { features, target } = command
      if (outcome.kind === 'refused') {
        // The guard takes notice of what it refuses; of a known id it never hears.
        if (!isConflict(outcome.refusal)) for (const learner of learners) learner.predictOne(features)
        continue
      }
      recorded.next = outcome.prediction
      yield { sequence, time, target, predictions: validation.step(features, target) }
    }
    return undefined
  }
  return {
    recorded: machine.settings,
    after,
    counts,
    rows,
    standings() {
      const [first, ...rest] = validation.standings()
      // It only repeats what it predicted, which takes no time.
      return [{ ...first!, microsecondsPerRow: undefined }, ...rest]
    },
    get comparableFrom() {
      return validation.comparableFrom
    }
  }
}

interface Beginning {
  machine: LearnerMachine
  after: number
  records: Iterable<JournalRecord>
}

/** The earliest state that all records since are there for. */
function beginning(reader: JournalReader): Beginning {
  const first = reader.firstSequence()
  if (first === 1) {
    const records = reader.records(1)
    const settings = records.next()
    if (settings.done === true) throw new MillraceError('MILL_DATA_INVALID', 'the journal has no records to replay')
    return { machine: foldRecord(undefined, settings.value.payload), after: 0, records }
  }
  for (const { sequence } of reader.snapshots().toReversed()) {
    if (sequence + 1 < first) continue
    const machine = usableState(reader, sequence)
    if (machine !== undefined) return { machine, after: sequence, records: reader.records(sequence + 1) }
  }
  throw new MillraceError('MILL_JOURNAL_DAMAGED', `no snapshot holds the records before ${first}, which are missing`)
}

/** Undefined when the snapshot is damaged; a newer one will do then. */
function usableState(reader: JournalReader, sequence: number): LearnerMachine | undefined {
  try {
    return LearnerMachine.fromState(reader.readSnapshot(sequence))
  } catch (error) {
    if (error instanceof MillraceError) return undefined
    throw error
  }
}

/** Says again what was predicted once. */
class RecordedPredictions implements Predictor {
  readonly canPredict = true
  next: number | undefined

  predictOne(): number | undefined {
    return this.next
  }

  learnOne(): void {}
}

/** A learner as it would have been in service. */
class ReplayedLearner implements Predictor {
  readonly canPredict = true
  readonly #machine: LearnerMachine
  /** The command that the journal has come to, as it is there. */
  next: { command: LearnCommand; payload: Uint8Array } | undefined

  constructor({ name, seed, parameters }: ReplayedConfiguration, { limits }: SettingsCommand) {
    const settings = { learner: name, parameters: learnerParameters(name, { seed, parameters }), limits }
    this.#machine = new LearnerMachine({ kind: 'settings', ...settings })
  }

  /** From now on other limits are in force. */
  limit(limits: LearnerLimits): void {
    this.#machine.apply({ ...this.#machine.settings, limits })
  }

  /** Learns too: what the guard predicts depends on what the row turns out to be. What it refuses it goes without. */
  predictOne(x: Features): number | undefined {
    const { command, payload } = this.next!
    if (command.kind === 'settings') return undefined
    // Without ids, of which the recorded learner has taken care; the guard counts the bytes of the record as it is.
    const row: ObservationCommand = { kind: 'observation', features: command.features, target: command.target }
    const outcome = this.#machine.apply(row, payload)
    return outcome.kind === 'learned' ? outcome.prediction : this.#predict(x)
  }

  learnOne(): void {}

  #predict(x: Features): number | undefined {
    try {
      return this.#machine.predict(x)
    } catch (error) {
      if (error instanceof MillraceError && error.code === 'MILL_VALUE_NOT_FINITE') return undefined
      throw error
    }
  }
}

function isConflict({ code }: Refusal): boolean {
  return code === 'MILL_ID_CONFLICT' || code === 'MILL_LABEL_CONFLICT'
}
