// What things take in V8 without compressed pointers, which is what Node.js is built with on 64-bit machines: bytes,
// measured with Node.js 24 and held by a test. What fits a limit is decided from these numbers and from what a model
// knows, never from the running process, so that every machine decides alike; to change one is to change decisions.

const word = 8
/** Typed arrays of up to so many bytes stand in the heap, beside a header. */
const largestInHeap = 64

/** Bytes of a typed array of so many bytes, the objects that V8 makes for it included. */
export function arraySize(byteLength: number): number {
  if (byteLength > largestInHeap) return 200 + byteLength
  return byteLength === 0 ? 200 : 216 + roundUp(byteLength)
}

/** Bytes of an array of so many references. */
export function listSize(length: number): number {
  return 48 + word * length
}

/** Bytes of a `Map` that so many keys were added to one by one, without the keys. */
export function mapSize(entries: number): number {
  const capacity = entries <= 4 ? 4 : 2 ** (32 - Math.clz32(entries - 1))
  return 72 + 28 * capacity
}

/** Bytes of a text that is no part of another one. */
export function textSize(text: string): number {
  return 16 + roundUp(isOneByte(text) ? text.length : 2 * text.length)
}

/** V8 keeps a text in bytes while no character needs two. */
function isOneByte(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 255) return false
  return true
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / word) * word
}

/**
 * How many entries to make room for when `length` are needed: up to an eighth more, so that growing one by one costs
 * little. The same whatever there was before, so that a model and its copy take the same memory.
 */
export function roomFor(length: number): number {
  if (length <= 16) return length
  const step = 2 ** (28 - Math.clz32(length - 1))
  return Math.ceil(length / step) * step
}

/** The largest count from 0 to `most` of which `size(count)`, which never falls, is at most `bytes`. */
export function largestWithin(bytes: number, most: number, size: (count: number) => number): number {
  let fits = 0
  let open = most
  while (fits < open) {
    const middle = fits + Math.ceil((open - fits) / 2)
    if (size(middle) <= bytes) fits = middle
    else open = middle - 1
  }
  return fits
}
