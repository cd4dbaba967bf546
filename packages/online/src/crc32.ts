/** Row 0 is the usual table of remainders; row `k` that of a byte with `k` bytes of zeros behind it. */
const tables = remainders()

function remainders(): Int32Array {
  const rows = new Int32Array(8 * 256)
  for (let byte = 0; byte < 256; byte++) {
    let remainder = byte
    for (let bit = 0; bit < 8; bit++) remainder = remainder & 1 ? (remainder >>> 1) ^ 0xedb88320 : remainder >>> 1
    rows[byte] = remainder
  }
  for (let at = 256; at < rows.length; at++) rows[at] = (rows[at - 256]! >>> 8) ^ rows[rows[at - 256]! & 0xff]!
  return rows
}

/**
 * CRC-32 as in ISO 3309 and zlib: reflected polynomial 0xEDB88320, start and final XOR all ones. Takes eight bytes a
 * step, each from a table of its own, so that the look-ups do not wait for each other.
 * @see Kounavis and Berry, "Novel Table Lookup-Based Algorithms for High-Performance CRC Generation", IEEE Trans.
 *   Computers 57(11), 2008.
 */
export function crc32(bytes: Uint8Array): number {
  let crc = -1
  let at = 0
  for (const end = bytes.length - 7; at < end; at += 8) {
    const first = crc ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24))
    crc =
      tables[0x700 | (first & 0xff)]! ^
      tables[0x600 | ((first >>> 8) & 0xff)]! ^
      tables[0x500 | ((first >>> 16) & 0xff)]! ^
      tables[0x400 | (first >>> 24)]! ^
      tables[0x300 | bytes[at + 4]!]! ^
      tables[0x200 | bytes[at + 5]!]! ^
      tables[0x100 | bytes[at + 6]!]! ^
      tables[bytes[at + 7]!]!
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[at]!) & 0xff]!
  return ~crc >>> 0
}
