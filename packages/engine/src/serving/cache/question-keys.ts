import { hash } from 'node:crypto'
import type { NamedTensor } from '@millrace/runtime'
import type { CachedQuestion } from './cached-question.ts'
import { byteOrder, leastBytes, TensorWriter } from './tensor-writer.ts'

/** First byte of every encoding. */
const formatVersion = 1

/** Larger questions are not worth the time that looking at every byte takes; a few milliseconds at most. */
const largestQuestion = 2 ** 22

/**
 * Gives questions to models their keys: the SHA-256 of an encoding that only equal questions share. Equal in every part:
 * model, version, digest, the inputs by name with types, shapes and bits (0 is not -0, a NaN is itself), and the names of
 * outputs wanted and of features, in their order. Costs under 1 µs for ten numbers and some 0.6 ms for a megabyte.
 */
export class QuestionKeys {
  readonly #writer = new TensorWriter()
  /** Whose model, version and digest stand at the beginning of what is written, and how long they are. */
  #before: CachedQuestion | undefined
  #headLength = 0

  /** 32 characters, one for each byte; undefined for a question of more than 4 MiB. */
  key(question: CachedQuestion): string | undefined {
    const writer = this.#writer
    this.#writeHead(question)
    const { outputs, featureNames, inputs } = question
    this.#writeNames(outputs)
    this.#writeNames(featureNames)
    writer.uint32(inputs.length)
    for (const input of inOrder(inputs)) {
      if (writer.length + leastBytes(input) > largestQuestion) return undefined
      writer.tensor(input)
    }
    return hash('sha256', writer.written(), 'binary')
  }

  /** No list is another thing than an empty one. */
  #writeNames(names: readonly string[] | undefined): void {
    const writer = this.#writer
    writer.uint32(names === undefined ? 0 : names.length + 1)
    if (names !== undefined) for (const name of names) writer.text(name)
  }

  /** Most questions are to the same version as the one before, whose beginning is there already. */
  #writeHead(question: CachedQuestion): void {
    const writer = this.#writer
    const before = this.#before
    if (before?.digest === question.digest && before.model === question.model && before.version === question.version) {
      writer.goBack(this.#headLength)
      return
    }
    const { model, version, digest } = question
    writer.goBack(0)
    writer.byte(formatVersion)
    writer.byte(byteOrder)
    writer.text(model)
    writer.text(version)
    writer.text(digest)
    this.#before = { model, version, digest, inputs: [] }
    this.#headLength = writer.length
  }
}

/** By name, in the order of UTF-16 code units. */
function inOrder(inputs: readonly NamedTensor[]): readonly NamedTensor[] {
  if (inputs.length === 1) return inputs
  return inputs.toSorted((one, other) => (one.name < other.name ? -1 : one.name > other.name ? 1 : 0))
}

/** A key in letters, digits, `-` and `_`: 43 characters. */
export function keyText(key: string): string {
  return Buffer.from(key, 'latin1').toString('base64url')
}
