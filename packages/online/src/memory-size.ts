// What things take in V8 without compressed pointers (Node.js on 64-bit machines), in bytes. Measured with Node.js 24 and
// held by a test. Decisions about what fits a limit come from these numbers and never from the running process, so that
// every machine decides alike.

const word = 8
/** Typed arrays up to this many bytes live inside the heap, beside a header. */
const largestInHeap = 64

/** Bytes of a typed array of so many bytes, with its objects. */
export function arraySize(byteLength: number): number {
  if (byteLength === 0) return 200
  return byteLength > largestInHeap ? 200 + byteLength : 216 + roundUp(byteLength)
}

/** Bytes of one more view of a typed array's memory. */
export const viewSize = 120

/** Bytes of a list of so many references. */
export function listSize(length: number): number {
  return 48 + word * length
}

/** Bytes of a `Map` to which so many keys were added one by one, without keys and values. */
export function mapSize(entries: number): number {
  let capacity = 4
  while (capacity < entries) capacity *= 2
  return 72 + 28 * capacity
}

/** Bytes of a text that stands for itself, as the names of properties do. */
export function textSize(text: string): number {
  return 16 + roundUp(/^[\0-\xff]*$/.test(text) ? text.length : 2 * text.length)
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / word) * word
}
