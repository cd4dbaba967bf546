import protobuf from 'protobufjs/minimal.js'
import { type Elements, elementsOfBytes, type Tensor } from './tensor.ts'

/** Numbers of fields in onnx.proto, and of the types of tensors. */
const wire = { varint: 0, bytes: 2 }

/** Names and numbers of a message's fields with their bytes or integers, in the order of the file. */
type Field = { number: number; reader: protobuf.Reader; type: number }

/** Hand every field of a message to `take`, which reads it or does nothing. */
function eachField(bytes: Uint8Array, take: (field: Field) => boolean): void {
  const reader = protobuf.Reader.create(bytes)
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    const field = { number: tag >>> 3, reader, type: tag & 7 }
    if (!take(field)) reader.skipType(field.type)
  }
}

/** The messages and texts in the fields of one number. */
function parts(bytes: Uint8Array, number: number): Uint8Array[] {
  const found: Uint8Array[] = []
  eachField(bytes, field => {
    if (field.number !== number || field.type !== wire.bytes) return false
    found.push(field.reader.bytes())
    return true
  })
  return found
}

function text(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('utf8')
}

/** An input or output of a model. */
export interface ModelValue {
  name: string
  isTensor: boolean
}

/** What a model takes, without what it holds itself, and what it gives. */
export function modelValues(model: Uint8Array): { inputs: ModelValue[]; outputs: ModelValue[] } {
  const [graph] = parts(model, 7)
  if (graph === undefined) throw new Error('a model without a graph')
  const held = new Set(parts(graph, 5).map(tensor => text(parts(tensor, 8)[0])))
  return {
    inputs: parts(graph, 11)
      .map(modelValue)
      .filter(({ name }) => !held.has(name)),
    outputs: parts(graph, 12).map(modelValue)
  }
}

function modelValue(value: Uint8Array): ModelValue {
  const [type] = parts(value, 2)
  return { name: text(parts(value, 1)[0]), isTensor: type !== undefined && parts(type, 1).length > 0 }
}

/** By the numbers of TensorProto.DataType; bfloat16 is no type of the protocol. */
const datatypes = new Map([
  [1, 'FP32'],
  [2, 'UINT8'],
  [3, 'INT8'],
  [4, 'UINT16'],
  [5, 'INT16'],
  [6, 'INT32'],
  [7, 'INT64'],
  [8, 'BYTES'],
  [9, 'BOOL'],
  [10, 'FP16'],
  [11, 'FP64'],
  [12, 'UINT32'],
  [13, 'UINT64'],
  [16, 'BF16']
])

/** A TensorProto. BF16 has no elements: nothing can be done with it. */
export function readTensor(bytes: Uint8Array, name: string): Tensor {
  const shape = numbers(bytes, 1, reader => Number(reader.int64())).map(Number)
  const type = numbers(bytes, 2, reader => reader.int32())[0]
  const datatype = datatypes.get(Number(type))
  if (datatype === undefined) throw new Error(`a tensor of type ${type}`)
  return { name, datatype, shape, elements: datatype === 'BF16' ? [] : elementsOf(bytes, datatype) }
}

function elementsOf(bytes: Uint8Array, datatype: string): Elements {
  const [raw] = parts(bytes, 9)
  if (raw !== undefined) return elementsOfBytes(datatype, raw)
  switch (datatype) {
    case 'FP32':
      return numbers(bytes, 4, reader => reader.float())
    case 'FP64':
      return numbers(bytes, 10, reader => reader.double())
    case 'INT64':
      return numbers(bytes, 7, reader => integer(reader.int64()))
    case 'UINT64':
      return numbers(bytes, 11, reader => BigInt.asUintN(64, integer(reader.uint64())))
    case 'UINT32':
      return numbers(bytes, 11, reader => Number(reader.uint64()))
    case 'BYTES':
      return parts(bytes, 6).map(text)
    case 'FP16':
      return [...new Float16Array(Uint16Array.from(numbers(bytes, 5, reader => reader.int32()) as number[]).buffer)]
    default:
      return numbers(bytes, 5, reader => reader.int32())
  }
}

function integer(value: protobuf.Long | number): bigint {
  if (typeof value === 'number') return BigInt(value)
  return (BigInt(value.high) << 32n) | BigInt(value.low >>> 0)
}

/** A repeated field of numbers: one after the other in one field, or each in a field of its own. */
function numbers(
  bytes: Uint8Array,
  number: number,
  read: (reader: protobuf.Reader) => number | bigint
): (number | bigint)[] {
  const found: (number | bigint)[] = []
  eachField(bytes, field => {
    if (field.number !== number) return false
    if (field.type !== wire.bytes) {
      found.push(read(field.reader))
      return true
    }
    const end = field.reader.uint32() + field.reader.pos
    while (field.reader.pos < end) found.push(read(field.reader))
    return true
  })
  return found
}
