/**
 * Fields of a message in the wire format of Protocol Buffers, which ONNX files are written in: a few kinds of field, and
 * no more than writing.
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export type Field = readonly Uint8Array[]

const varintType = 0
const bytesType = 2

/** An integer from 0 to 2^53 - 1. */
export function integerField(number: number, value: number): Field {
  return [varint(8 * number + varintType), varint(value)]
}

export function bytesField(number: number, bytes: Uint8Array): Field {
  return [varint(8 * number + bytesType), varint(bytes.byteLength), bytes]
}

export function textField(number: number, text: string): Field {
  return bytesField(number, Buffer.from(text))
}

/** A message within a message. */
export function messageField(number: number, ...fields: readonly Field[]): Field {
  return bytesField(number, message(...fields))
}

/** A whole message: its fields one after the other. */
export function message(...fields: readonly Field[]): Uint8Array {
  return Buffer.concat(fields.flat())
}

/** Seven bits a byte, the lowest first. */
function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80)
  return Uint8Array.of(...bytes, rest)
}
