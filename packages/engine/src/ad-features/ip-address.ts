import { isIPv4, isIPv6 } from 'node:net'

/** An IP address as words of 32 bits, highest first: one word for IPv4, four for IPv6. */
export type IpAddress = readonly number[]

/** All addresses that begin with the first `bits` bits of `start`. */
export interface IpRange {
  readonly start: IpAddress
  readonly bits: number
}

/**
 * Read an address in any textual form of RFC 4291, with or without a zone. An IPv4 address written as IPv6
 * (`::ffff:10.0.0.1`) is read as the IPv4 address it is.
 * @returns undefined for text that is no address
 */
export function readIpAddress(text: string): IpAddress | undefined {
  if (isIPv4(text)) return [dottedWord(text)]
  if (!isIPv6(text)) return undefined
  const words = longWords(text.split('%', 1)[0]!)
  const isMapped = words[0] === 0 && words[1] === 0 && words[2] === 0xffff
  return isMapped ? [words[3]!] : words
}

/** @param text such as `10.0.0.0/8` or `fc00::/7` */
export function ipRange(text: string): IpRange {
  const [start, bits] = text.split('/') as [string, string]
  return { start: readIpAddress(start)!, bits: Number(bits) }
}

/** Whether an address lies in one of the ranges. Time O(ranges). */
export function isWithin(address: IpAddress, ranges: readonly IpRange[]): boolean {
  return ranges.some(({ start, bits }) => {
    if (start.length !== address.length) return false
    return start.every((word, index) => {
      const masked = mask(bits - 32 * index)
      return ((word ^ address[index]!) & masked) === 0
    })
  })
}

/** A word whose first `bits` bits are 1; all of them for 32 and more, none for 0 and fewer. */
function mask(bits: number): number {
  if (bits <= 0) return 0
  return bits >= 32 ? -1 : ~(0xffffffff >>> bits)
}

function dottedWord(text: string): number {
  return text.split('.').reduce((word, part) => ((word << 8) | Number(part)) >>> 0, 0)
}

/** The four words of a valid IPv6 address. */
function longWords(text: string): number[] {
  const [head, tail] = text.split('::') as [string, string | undefined]
  const first = groupsOf(head)
  const last = tail === undefined ? [] : groupsOf(tail)
  const gap = Array.from({ length: 8 - first.length - last.length }, () => 0)
  const groups = [...first, ...gap, ...last]
  return [0, 2, 4, 6].map(at => ((groups[at]! << 16) | groups[at + 1]!) >>> 0)
}

/** Groups of 16 bits; a dotted end counts as two. */
function groupsOf(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap(group => {
    if (!group.includes('.')) return [Number.parseInt(group, 16)]
    const word = dottedWord(group)
    return [word >>> 16, word & 0xffff]
  })
}
