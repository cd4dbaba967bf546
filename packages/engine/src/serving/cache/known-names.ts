/** Names that are remembered; more take the place of others. */
const places = 256
const longest = 64

/** Texts that come again and again, as names of outputs do, without making a new string each time. */
export class KnownNames {
  readonly #texts: (string | undefined)[] = Array.from({ length: places }, () => undefined)

  /** The text that stands in some bytes, one for each UTF-16 code unit. About 20 ns if it is known. */
  read(bytes: Buffer, start: number, end: number): string {
    const length = end - start
    if (length === 0 || length > longest) return bytes.toString('latin1', start, end)
    const place = (31 * length + 7 * bytes[start]! + bytes[end - 1]!) % places
    const known = this.#texts[place]
    if (known !== undefined && known.length === length && standsAt(known, bytes, start)) return known
    const text = bytes.toString('latin1', start, end)
    this.#texts[place] = text
    return text
  }
}

function standsAt(text: string, bytes: Buffer, start: number): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) !== bytes[start + index]) return false
  }
  return true
}
