import { MillraceError } from '@millrace/common'
import { type Datatype, elementBytes, elementCount, type NamedTensor, type TensorArrays } from '@millrace/runtime'
import { KnownNames } from './known-names.ts'
import { alignment, type Memory, type NumberType } from './memory.ts'
import { datatypeCodes } from './tensor-writer.ts'

const datatypesByCode: (Datatype | undefined)[] = []
for (const [datatype, code] of Object.entries(datatypeCodes)) datatypesByCode[code] = datatype as Datatype

/**
 * Reads what a `TensorWriter` wrote; what lies beyond the end cannot be read. Every method throws {@link MillraceError}
 * MILL_DATA_INVALID for what no writer writes.
 */
export class TensorReader {
  readonly #names = new KnownNames()
  #memory: Memory
  #offset = 0
  #end = 0

  constructor(memory: Memory) {
    this.#memory = memory
  }

  /** Read from `start`, a multiple of the alignment, to `end`. */
  goTo(memory: Memory, start: number, end: number): void {
    this.#memory = memory
    this.#offset = start
    this.#end = end
  }

  checkEnd(): void {
    if (this.#offset !== this.#end) throw unreadable('there are bytes after its end')
  }

  byte(): number {
    return this.#memory.view.getUint8(this.#take(1))
  }

  uint32(): number {
    return this.#memory.view.getUint32(this.#take(4))
  }

  text(): string {
    const marked = this.uint32()
    const isWide = marked % 2 === 1
    const units = Math.floor(marked / 2)
    const start = this.#take(isWide ? 2 * units : units)
    return this.#memory.bytes.toString(isWide ? 'utf16le' : 'latin1', start, this.#offset)
  }

  /** In memory of its own. */
  tensors(): NamedTensor[] {
    const tensors: NamedTensor[] = []
    for (let left = this.uint32(); left > 0; left--) tensors.push(this.#tensor())
    return tensors
  }

  #tensor(): NamedTensor {
    const name = this.#name()
    const datatype = datatypesByCode[this.byte()]
    if (datatype === undefined) throw unreadable('it has a tensor of an unknown type')
    const shape: number[] = []
    for (let left = this.uint32(); left > 0; left--) shape.push(this.#memory.view.getFloat64(this.#take(8)))
    const data = datatype === 'BYTES' ? this.#texts() : this.#numbers(datatype)
    if (data.length !== elementCount(shape)) throw unreadable('a tensor does not have the size of its shape')
    return { name, datatype, shape, data }
  }

  #name(): string {
    const start = this.#offset
    const marked = this.uint32()
    if (marked % 2 === 0) return this.#names.read(this.#memory.bytes, this.#take(marked / 2), this.#offset)
    this.#offset = start
    return this.text()
  }

  #texts(): string[] {
    const texts: string[] = []
    for (let left = this.uint32(); left > 0; left--) texts.push(this.text())
    return texts
  }

  #numbers(datatype: NumberType): TensorArrays[NumberType] {
    const length = this.uint32()
    const size = elementBytes[datatype]!
    if (length % size !== 0) throw unreadable('a tensor ends within an element')
    while (this.#offset % alignment > 0) if (this.byte() !== 0) throw unreadable('there is something between its parts')
    const start = this.#take(length) / size
    return (this.#memory.arrays[datatype] as Float64Array).slice(start, start + length / size)
  }

  #take(length: number): number {
    const start = this.#offset
    if (length > this.#end - start) throw unreadable('it ends too early')
    this.#offset = start + length
    return start
  }
}

/** The error of bytes that no answer was kept as. */
export function unreadable(reason: string): MillraceError {
  return new MillraceError('MILL_DATA_INVALID', `a kept answer cannot be used: ${reason}`)
}
