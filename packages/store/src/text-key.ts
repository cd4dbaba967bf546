/** A text as a key column of type ANY holds it. */
export type TextKey = string | Uint8Array

/**
 * A text as a key: different texts give different keys. SQLite keeps text as UTF-8, which has no lone surrogates: each
 * would become U+FFFD. A text with one is therefore kept as a blob of its UTF-16 code units, and SQLite never takes a
 * blob for a text. All others stay readable in the file.
 */
export function toTextKey(text: string): TextKey {
  return text.isWellFormed() ? text : Buffer.from(text, 'utf16le')
}

/** The text of which {@link toTextKey} made the key. */
export function fromTextKey(key: TextKey): string {
  if (typeof key === 'string') return key
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('utf16le')
}
