import type { AppendListener } from './journal.ts'
import { frameHeaderBytes, putFrameHeader, recordHeaderBytes, segmentHeaderBytes } from './segment-format.ts'

const smallestBuffer = 64 * 1024

/** Appends that will share one frame, gathered in the bytes that will be written. */
export class FrameBatch {
  /** When its first append came, in milliseconds since 1970. */
  readonly time: number
  /** Records so far. */
  count = 0
  /** Told, in the order of the appends, what became of them. */
  readonly listeners: AppendListener[] = []
  /** How many records each listener's append has. */
  readonly counts: number[] = []
  /** Called once the frame is written or has failed. */
  readonly waiting: (() => void)[] = []
  #bytes: Buffer
  // Room in front, so that the headers and the records are one write.
  #end = segmentHeaderBytes + frameHeaderBytes

  /** @param buffer one that an earlier batch no longer needs */
  constructor(time: number, buffer?: Buffer) {
    this.time = time
    this.#bytes = buffer ?? Buffer.allocUnsafeSlow(smallestBuffer)
  }

  /** To be passed to the batch after next. */
  get buffer(): Buffer {
    return this.#bytes
  }

  /** Bytes of all records. */
  get size(): number {
    return this.#end - segmentHeaderBytes - frameHeaderBytes
  }

  /** Copy `payloads` in; `size` is what {@link sizeOf} says of them. */
  add(payloads: readonly Uint8Array[], size: number): void {
    this.#reserve(size)
    const bytes = this.#bytes
    let at = this.#end
    for (const payload of payloads) {
      bytes.writeUInt32LE(payload.length, at)
      bytes.set(payload, at + recordHeaderBytes)
      at += recordHeaderBytes + payload.length
    }
    this.#end = at
    this.count += payloads.length
  }

  /** The finished frame, preceded by room for a segment's header. */
  frame(first: number, seed: number): Buffer {
    const bytes = this.#bytes.subarray(0, this.#end)
    putFrameHeader(bytes.subarray(segmentHeaderBytes), { first, count: this.count, time: this.time }, seed)
    return bytes
  }

  #reserve(size: number): void {
    const needed = this.#end + size
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length))
    this.#bytes.copy(larger, 0, 0, this.#end)
    this.#bytes = larger
  }
}

/** Bytes that `payloads` take in a frame. */
export function sizeOf(payloads: readonly Uint8Array[]): number {
  let size = payloads.length * recordHeaderBytes
  for (const payload of payloads) size += payload.length
  return size
}
