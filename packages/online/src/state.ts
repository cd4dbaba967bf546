import { crc32 } from './crc32.ts'
import { invalid } from './state-errors.ts'
import { checksumSize, formatVersion, headerSize, magic, type StateFields } from './state-format.ts'
import { StateParser } from './state-parser.ts'
import { StateReader } from './state-reader.ts'
import { sizeOf, StateWriter } from './state-writer.ts'

/** Write a learner's state: `kind` names the class, `version` the version of its fields. Cost: linear in its size. */
export function encodeState(kind: string, version: number, fields: StateFields): Uint8Array {
  const state = { kind, version, ...fields }
  const bodySize = headerSize + sizeOf(state)
  const bytes = new Uint8Array(bodySize + checksumSize)
  const view = new DataView(bytes.buffer)
  bytes.set(magic)
  view.setUint16(magic.length, formatVersion, true)
  new StateWriter(bytes, headerSize).value(state)
  view.setUint32(bodySize, crc32(bytes.subarray(0, bodySize)), true)
  return bytes
}

/** A state as bytes, or decoded already, so that finding out its kind and then restoring it costs one pass. */
export type StateSource = Uint8Array | StateReader

/**
 * Read any state without knowing the learner: its `kind`, `version` and fields.
 * @throws {MillraceError} MILL_STATE_INVALID when the bytes are not a whole, undamaged state of a known format
 */
export function decodeState(source: StateSource): StateReader {
  return source instanceof StateReader ? source : decodeBytes(source)
}

function decodeBytes(bytes: Uint8Array): StateReader {
  const bodySize = bytes.length - checksumSize
  if (bodySize <= headerSize || magic.some((byte, index) => bytes[index] !== byte)) throw invalid('no learner state')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const version = view.getUint16(magic.length, true)
  if (version !== formatVersion) throw invalid(`state format ${version} is not known, only ${formatVersion}`)
  const body = bytes.subarray(0, bodySize)
  if (view.getUint32(bodySize, true) !== crc32(body)) throw invalid('checksum does not match')
  const parser = new StateParser(body, headerSize)
  const fields = parser.value()
  if (!parser.isAtEnd) throw invalid('bytes after the end')
  return new StateReader(fields, 'state')
}

/**
 * The state of exactly this class, of a version from `oldest` to `newest`.
 * @throws {MillraceError} MILL_STATE_INVALID for another kind or version
 */
export function decodeStateOf(source: StateSource, kind: string, newest: number, oldest: number = newest): StateReader {
  const state = decodeState(source)
  if (state.string('kind') !== kind) throw invalid(`holds a ${state.string('kind')}, not a ${kind}`)
  const found = state.number('version')
  if (found >= oldest && found <= newest && Number.isInteger(found)) return state
  throw invalid(
    `version ${found} of ${kind} is not known, only ${oldest === newest ? newest : `${oldest} to ${newest}`}`
  )
}
