/** A tensor of the test data, or one that a server answered with: elements in row-major order, BOOL as 0 and 1. */
export interface Tensor {
  name: string
  /** By the names of the Open Inference Protocol. */
  datatype: string
  shape: readonly number[]
  elements: Elements
}

/** 64-bit integers as bigint, other numbers as number, texts as string. */
export type Elements = readonly (number | bigint | string)[]

type NumericArray = { new (buffer: ArrayBuffer): Iterable<number | bigint>; BYTES_PER_ELEMENT: number }

const arrays = new Map<string, NumericArray>([
  ['BOOL', Uint8Array],
  ['UINT8', Uint8Array],
  ['UINT16', Uint16Array],
  ['UINT32', Uint32Array],
  ['UINT64', BigUint64Array],
  ['INT8', Int8Array],
  ['INT16', Int16Array],
  ['INT32', Int32Array],
  ['INT64', BigInt64Array],
  ['FP16', Float16Array],
  ['FP32', Float32Array],
  ['FP64', Float64Array]
])

/** The elements whose little-endian bytes these are; texts have their length in four bytes before them. */
export function elementsOfBytes(datatype: string, bytes: Uint8Array): Elements {
  if (datatype === 'BYTES') return textsOfBytes(Buffer.from(bytes))
  const array = arrays.get(datatype)
  if (array === undefined) throw new Error(`no such datatype: ${datatype}`)
  return [...new array(Uint8Array.from(bytes).buffer)]
}

function textsOfBytes(bytes: Buffer): string[] {
  const texts: string[] = []
  for (let at = 0; at < bytes.length;) {
    const end = at + 4 + bytes.readUInt32LE(at)
    texts.push(bytes.toString('utf8', at + 4, end))
    at = end
  }
  return texts
}

/** The inverse of {@link elementsOfBytes}. */
export function bytesOfElements(datatype: string, elements: Elements): Buffer {
  if (datatype === 'BYTES') return Buffer.concat(elements.flatMap(text => bytesOfText(String(text))))
  const array = arrays.get(datatype) as unknown as { from(elements: Elements): ArrayBufferView }
  const { buffer, byteOffset, byteLength } = array.from(elements)
  return Buffer.from(buffer as ArrayBuffer, byteOffset, byteLength)
}

function bytesOfText(text: string): Buffer[] {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(Buffer.byteLength(text))
  return [length, Buffer.from(text)]
}

/** The elements as a list in JSON, as Python's json module writes them: NaN, Infinity and long integers as they are. */
export function jsonOfElements({ datatype, elements }: Tensor): string {
  return `[${elements.map(element => jsonOf(datatype, element)).join()}]`
}

function jsonOf(datatype: string, element: Elements[number]): string {
  if (typeof element === 'string') return JSON.stringify(element)
  if (datatype === 'BOOL') return element ? 'true' : 'false'
  return Object.is(element, -0) ? '-0.0' : String(element)
}

/** What JSON.parse makes of an element after {@link quoteUnusualNumbers}, as an element again. */
export function elementOfJson(datatype: string, value: unknown): Elements[number] {
  if (datatype === 'BYTES') return value as string
  if (datatype === 'INT64' || datatype === 'UINT64') return BigInt(value as string)
  return Number(value)
}

/** A text or a number that JSON.parse does not take as it is. */
const unusual = /"(?:[^"\\]|\\.)*"|-?Infinity|NaN|(?<![\d.eE])-?\d{16,}(?![\d.eE])/g

/** JSON with NaN, infinities and integers beyond 2^53 as texts, so that JSON.parse takes it and loses nothing. */
export function quoteUnusualNumbers(json: string): string {
  return json.replace(unusual, found => (found.startsWith('"') ? found : `"${found}"`))
}
