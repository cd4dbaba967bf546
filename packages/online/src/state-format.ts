/**
 * What a state is made of. Little-endian throughout:
 *
 *     "MLRS"  u16 format version  value  u32 CRC-32 of everything before it
 *
 * A value is one tag byte and its content; lists, maps and arrays carry their length, maps their keys, so any reader
 * can print a state without knowing the learner. Strings are UTF-16 code units, so that every feature name survives.
 * The outermost value is a map with `kind` (the class), `version` (of that class's fields) and the fields.
 */
export type StateValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | Float64Array
  | Int32Array
  | Uint32Array
  | StateValue[]
  | StateFields

/** Fields by name. Written in insertion order. */
export interface StateFields {
  [name: string]: StateValue
}

/** The first bytes of every state. */
export const magic: Uint8Array = Uint8Array.of(0x4d, 0x4c, 0x52, 0x53)
/** The version of the format, not of any learner's fields. */
export const formatVersion = 1
/** Bytes before the outermost value. */
export const headerSize = 6
/** Bytes of the checksum at the end. */
export const checksumSize = 4
/** The first byte of each kind of value. */
export const tags = {
  null: 0,
  false: 1,
  true: 2,
  number: 3,
  string: 4,
  list: 5,
  map: 6,
  bytes: 7,
  f64: 8,
  i32: 9,
  u32: 10
} as const
