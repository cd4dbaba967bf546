import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { crc32 } from '../src/crc32.ts'
import { decodeState, decodeStateOf, encodeState } from '../src/state.ts'
import type { StateFields, StateValue } from '../src/state-format.ts'

// Bit patterns and code units of every kind, -0, NaN and lone surrogates among them.
const doubles = fc.float64Array({ maxLength: 20 })
const texts = fc.string({ unit: fc.integer({ min: 0, max: 0xffff }).map(unit => String.fromCharCode(unit)) })
const { value: values } = fc.letrec<{ value: StateValue }>(tie => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, true, false),
    fc.double(),
    texts,
    fc.uint8Array({ maxLength: 20 }),
    doubles,
    fc.int32Array({ maxLength: 20 }),
    fc.uint32Array({ maxLength: 20 }),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(texts, tie('value'), { maxKeys: 5 })
  )
}))

const nullPrototype = (value: StateValue): StateValue => {
  if (Array.isArray(value)) return value.map(nullPrototype)
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value
  const copy = Object.create(null) as StateFields
  for (const [name, entry] of Object.entries(value)) copy[name] = nullPrototype(entry)
  return copy
}

test('whatever is written is read again', () => {
  fc.assert(
    fc.property(values, value => {
      const bytes = encodeState('Thing', 3, { value })
      const state = decodeStateOf(bytes, 'Thing', 3)
      assert.deepStrictEqual(state.fields['value'], nullPrototype(value))
      assert.deepEqual(encodeState('Thing', 3, { value: state.fields['value']! }), bytes)
    }),
    { numRuns: 300 }
  )
})

test('the first bytes are as the format says', () => {
  const bytes = encodeState('K', 2, {})
  const expected = [
    [0x4d, 0x4c, 0x52, 0x53, 1, 0], // MLRS, format 1
    [6, 2, 0, 0, 0], // A map of 2:
    [4, 0, 0, 0, 0x6b, 0, 0x69, 0, 0x6e, 0, 0x64, 0], // kind
    [4, 1, 0, 0, 0, 0x4b, 0], // string K
    [7, 0, 0, 0, 0x76, 0, 0x65, 0, 0x72, 0, 0x73, 0, 0x69, 0, 0x6f, 0, 0x6e, 0], // version
    [3, 0, 0, 0, 0, 0, 0, 0, 0x40] // number 2
  ]
  assert.deepEqual([...bytes.subarray(0, -4)], expected.flat())
  assert.equal(new DataView(bytes.buffer).getUint32(bytes.length - 4, true), crc32(bytes.subarray(0, -4)))
})

test('reads from the middle of another buffer', () => {
  const bytes = encodeState('Thing', 1, { numbers: Float64Array.of(1.5, -2) })
  const larger = new Uint8Array(bytes.length + 7)
  larger.set(bytes, 3)
  const state = decodeState(larger.subarray(3, 3 + bytes.length))
  assert.deepEqual(state.float64s('numbers'), Float64Array.of(1.5, -2))
})

test('what is read shares no memory with the bytes, also when they are a Buffer', () => {
  const bytes = Buffer.from(encodeState('Thing', 1, { content: Uint8Array.of(1, 2, 3) }))
  const content = decodeState(bytes).bytes('content')
  bytes.fill(0)
  assert.deepEqual(content, Uint8Array.of(1, 2, 3))
})

test('equal NaN values give equal bytes', () => {
  const odd = new Float64Array(1)
  new DataView(odd.buffer).setBigUint64(0, 0xfff8000000000123n, true)
  const bytes = encodeState('Thing', 1, { odd })
  assert.deepEqual(bytes, encodeState('Thing', 1, { odd: Float64Array.of(NaN) }))
})

test('any damage is refused', () => {
  const bytes = encodeState('Thing', 1, { names: ['a', 'b'], weights: Float64Array.of(1, 2, 3) })
  for (let length = 0; length < bytes.length; length++) assertInvalid(bytes.slice(0, length))
  for (let bit = 0; bit < 8 * bytes.length; bit++) {
    const turned = bytes.slice()
    turned[bit >>> 3]! ^= 1 << (bit & 7)
    assertInvalid(turned)
  }
  assertInvalid(Uint8Array.of(...bytes, 0))
})

test('wrong content is refused, also with a right checksum', () => {
  const map = (...content: number[]) => sealed(6, ...content)
  assertInvalid(sealed(3, 0, 0, 0, 0, 0, 0, 0, 0)) // Not a map.
  assertInvalid(sealed(99)) // Unknown tag.
  assertInvalid(map(255, 255, 255, 255)) // More entries than bytes.
  assertInvalid(map(1, 0, 0, 0, 1, 0, 0, 0, 0x61, 0, 8, 255, 255, 255, 127)) // An array longer than the bytes.
  assertInvalid(map(0, 0, 0, 0, 0)) // A byte too many.
  const nested = Array.from({ length: 40 }, () => [5, 1, 0, 0, 0]).flat()
  assertInvalid(map(1, 0, 0, 0, 1, 0, 0, 0, 0x61, 0, ...nested, 0)) // Lists in lists in lists …
  assert.throws(() => decodeState(sealed(6, 0, 0, 0, 0)).string('kind'), { code: 'MILL_STATE_INVALID' })
})

test('another format version is refused by its number', () => {
  const bytes = encodeState('Thing', 1, {})
  const view = new DataView(bytes.buffer)
  view.setUint16(4, 2, true)
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)), true)
  assert.throws(() => decodeState(bytes), /state format 2 is not known/)
})

test('the state of another class or of a later version of it is refused', () => {
  const bytes = encodeState('Thing', 2, {})
  assert.throws(() => decodeStateOf(bytes, 'Other', 2), { code: 'MILL_STATE_INVALID' })
  assert.throws(() => decodeStateOf(bytes, 'Thing', 1), { code: 'MILL_STATE_INVALID' })
})

/** Header, content and the right checksum. */
function sealed(...content: number[]): Uint8Array {
  const bytes = Uint8Array.of(0x4d, 0x4c, 0x52, 0x53, 1, 0, ...content, 0, 0, 0, 0)
  new DataView(bytes.buffer).setUint32(bytes.length - 4, crc32(bytes.subarray(0, -4)), true)
  return bytes
}

function assertInvalid(bytes: Uint8Array): void {
  assert.throws(() => decodeState(bytes), { code: 'MILL_STATE_INVALID' })
}
