import type { Features } from '@millrace/online'
import { ByteReader, damaged } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import { FeaturesCodec } from './features-codec.ts'
import type { LearnCommand, ObservationCommand } from './learn-command.ts'
import { readSettings, settingsText } from './settings-text.ts'

/** First byte of all that is written here. */
const formatVersion = 1
const kinds = { observation: 1, settings: 2, features: 3 } as const
const flags = { observationId: 1, labelled: 2 } as const

/**
 * Turns commands into the payloads of journal records and back:
 *
 *     version  kind 1 (observation)  flags  [observation id]  [prediction id  prediction]  target  features
 *     version  kind 2 (settings)     JSON as text
 *     version  kind 3 (features)     features, for a prediction that waits for its label
 *
 * Little-endian throughout. Each command has one encoding, and only that one is read. What is remembered between calls
 * makes them faster, and changes nothing else.
 */
export class LearnRecordCodec {
  readonly #writer = new ByteWriter()
  readonly #features = new FeaturesCodec()

  /** Bytes of memory, but for a few hundred fixed ones. */
  get memoryBytes(): number {
    return this.#writer.capacity + this.#features.memoryBytes
  }

  /** @param command all numbers in it finite. Costs under 1 µs for 15 features. */
  encode(command: LearnCommand): Uint8Array {
    const writer = this.#writer
    writer.clear()
    writer.byte(formatVersion)
    writer.byte(kinds[command.kind])
    if (command.kind === 'settings') writer.text(settingsText(command))
    else this.#writeObservation(command)
    return writer.copy()
  }

  /** @throws {MillraceError} MILL_JOURNAL_DAMAGED for anything that `encode` does not write */
  decode(payload: Uint8Array): LearnCommand {
    const reader = new ByteReader(payload)
    checkVersion(reader)
    const kind = reader.byte()
    let command: LearnCommand
    if (kind === kinds.observation) command = this.#readObservation(reader)
    else if (kind === kinds.settings) command = readSettings(reader.text())
    else throw damaged(`kind ${kind} is not known`)
    reader.end()
    return command
  }

  /** The features of a prediction, by themselves. */
  encodeFeatures(x: Features): Uint8Array {
    const writer = this.#writer
    writer.clear()
    writer.byte(formatVersion)
    writer.byte(kinds.features)
    this.#features.write(writer, x)
    return writer.copy()
  }

  /** @throws {MillraceError} MILL_JOURNAL_DAMAGED for anything that `encodeFeatures` does not write */
  decodeFeatures(bytes: Uint8Array): Features {
    const reader = new ByteReader(bytes)
    checkVersion(reader)
    const kind = reader.byte()
    if (kind !== kinds.features) throw damaged(`kind ${kind} is not features`)
    const x = this.#features.read(reader)
    reader.end()
    return x
  }

  #writeObservation({ observationId, labelled, features, target }: ObservationCommand): void {
    const writer = this.#writer
    writer.byte((observationId === undefined ? 0 : flags.observationId) | (labelled === undefined ? 0 : flags.labelled))
    if (observationId !== undefined) writer.text(observationId)
    if (labelled !== undefined) {
      writer.text(labelled.predictionId)
      writer.double(labelled.prediction)
    }
    writer.double(target)
    this.#features.write(writer, features)
  }

  #readObservation(reader: ByteReader): ObservationCommand {
    const set = reader.byte()
    if (set > (flags.observationId | flags.labelled)) throw damaged(`flags ${set} are not known`)
    const observationId = (set & flags.observationId) === 0 ? undefined : reader.text()
    const labelled =
      (set & flags.labelled) === 0 ? undefined : { predictionId: reader.text(), prediction: reader.double() }
    const target = reader.double()
    return { kind: 'observation', observationId, labelled, features: this.#features.read(reader), target }
  }
}

function checkVersion(reader: ByteReader): void {
  const version = reader.byte()
  if (version !== formatVersion) throw damaged(`version ${version} is not known, only ${formatVersion}`)
}
