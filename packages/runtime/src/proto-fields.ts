import protobuf from 'protobufjs/minimal.js'

/** A field of a protobuf message as it was found. @see https://protobuf.dev/programming-guides/encoding/ */
export interface ProtoField {
  readonly number: number
  readonly wireType: number
  /** The field with its tag: what to write to leave it as it is. */
  readonly whole: Uint8Array
  /** What comes after the tag, and after the length where there is one. */
  readonly value: Uint8Array
}

const lengthDelimited = 2

/** The fields of a message, in their order, as views of its bytes. O(fields). @throws {RangeError} when it is cut short */
export function protoFields(message: Uint8Array): ProtoField[] {
  const reader = protobuf.Reader.create(message)
  const found: ProtoField[] = []
  while (reader.pos < reader.len) {
    const start = reader.pos
    const tag = reader.uint32()
    const wireType = tag & 7
    const valueStart = wireType === lengthDelimited ? startOfContent(reader) : reader.pos
    reader.skipType(wireType)
    const [whole, value] = [message.subarray(start, reader.pos), message.subarray(valueStart, reader.pos)]
    found.push({ number: tag >>> 3, wireType, whole, value })
  }
  return found
}

/** Where the content of a field begins whose length comes next; the reader stays before the length. */
function startOfContent(reader: protobuf.Reader): number {
  const before = reader.pos
  reader.uint32()
  const start = reader.pos
  reader.pos = before
  return start
}

/** A field that holds a text, bytes or a message. */
export function protoField(number: number, value: Uint8Array): Uint8Array {
  const head = protobuf.Writer.create()
    .uint32((number << 3) | lengthDelimited)
    .uint32(value.length)
    .finish()
  return Buffer.concat([head, value])
}

/** A field that holds a small number. */
export const protoNumber = (number: number, value: number): Uint8Array =>
  protobuf.Writer.create()
    .uint32(number << 3)
    .uint32(value)
    .finish()

/** The integers of a repeated field, packed or one by one, as texts: they may be too large for a number. */
export function protoIntegers(found: readonly ProtoField[]): string[] {
  return found.flatMap(({ value }) => varints(value)).map(value => BigInt.asIntN(64, value).toString())
}

/** Seven bits in each byte, the lowest first; the eighth says that more follow. */
function varints(bytes: Uint8Array): bigint[] {
  const values: bigint[] = []
  let [value, shift] = [0n, 0n]
  for (const byte of bytes) {
    value |= BigInt(byte & 0x7f) << shift
    shift += 7n
    if (byte & 0x80) continue
    values.push(value)
    ;[value, shift] = [0n, 0n]
  }
  return values
}
