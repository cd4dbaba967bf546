import type { Features } from '@millrace/online'
import { type ByteReader, damaged } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'

/** The names of one set of features after the other, in their order, and how they are written. */
interface NameBlock {
  names: readonly string[]
  /** The names as texts. */
  bytes: Uint8Array
  /** Features of these names, to be copied: an object made that way is as fast as one from `JSON.parse`. Made when needed. */
  template?: Features
}

/**
 * Writes and reads features, in their order and bit for bit:
 *
 *     count of features  count of bytes of the names  names  one double for each name
 *
 * What is written says it all; but features mostly have the same names as those before, and then neither side touches
 * each name again.
 */
export class FeaturesCodec {
  #last: NameBlock = nameBlock([])

  /** Bytes of memory, but for a few hundred fixed ones. */
  get memoryBytes(): number {
    const { names, bytes, template } = this.#last
    return bytes.length + (template === undefined ? 8 : 40) * names.length
  }

  /** @param x finite numbers by name */
  write(writer: ByteWriter, x: Features): void {
    if (!hasKeys(x, this.#last.names)) this.#last = nameBlock(Object.keys(x))
    const { names, bytes } = this.#last
    writer.count(names.length)
    writer.count(bytes.length)
    writer.bytes(bytes)
    for (let index = 0; index < names.length; index++) writer.double(x[names[index]!]!)
  }

  /** @throws {MillraceError} MILL_JOURNAL_DAMAGED */
  read(reader: ByteReader): Features {
    const count = reader.count()
    const length = reader.count()
    const block = this.#blockAt(reader, count, length)
    const { names } = block
    const x: Record<string, number> = { ...(block.template ??= templateOf(names)) }
    for (let index = 0; index < count; index++) x[names[index]!] = reader.double()
    return x
  }

  #blockAt(reader: ByteReader, count: number, length: number): NameBlock {
    const start = reader.offset
    const last = this.#last
    if (count !== last.names.length || !isAt(last.bytes, reader.bytes, start, length)) {
      this.#last = readBlock(reader, count)
      if (reader.offset !== start + length) throw damaged('the names of the features have another length')
      return this.#last
    }
    reader.skip(length)
    return last
  }
}

function nameBlock(names: readonly string[]): NameBlock {
  const writer = new ByteWriter()
  for (const name of names) writer.text(name)
  return { names, bytes: writer.copy() }
}

function readBlock(reader: ByteReader, count: number): NameBlock {
  const names: string[] = []
  for (let left = count; left > 0; left--) names.push(reader.text())
  const template = templateOf(names)
  // Objects have their integer-like names first and none twice; features in another order were never written.
  if (!hasKeys(template, names)) throw damaged('the names of the features are not those of an object')
  return { ...nameBlock(names), template }
}

/** A name such as `__proto__` is one like any other to `JSON.parse`. */
function templateOf(names: readonly string[]): Features {
  return JSON.parse(`{${names.map(name => `${JSON.stringify(name)}:0.5`).join(',')}}`) as Features
}

/** Has `x` exactly these own names, in this order? */
function hasKeys(x: Features, names: readonly string[]): boolean {
  let index = 0
  for (const key in x) {
    // In just this form V8 knows inside such a loop that the answer is yes; `Object.hasOwn` costs a call.
    if (!Object.prototype.hasOwnProperty.call(x, key)) continue
    if (key !== names[index]) return false
    index++
  }
  return index === names.length
}

function isAt(expected: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
  if (expected.length !== length || start + length > bytes.length) return false
  for (let index = 0; index < length; index++) if (bytes[start + index] !== expected[index]) return false
  return true
}
