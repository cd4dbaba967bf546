/** Text from outside as it is safe to show on a terminal: in quotes, with escapes, unless it is plain. */
export function shownText(text: string): string {
  if (/^[^\p{C}\p{Z}"=]+$/u.test(text)) return text
  // JSON leaves some characters that a terminal obeys or that have no look: escaped too, so that nothing is hidden.
  return JSON.stringify(text).replace(/[\p{C}\p{Zl}\p{Zp}]/gu, escaped)
}

function escaped(character: string): string {
  const units = Array.from({ length: character.length }, (_, index) => character.charCodeAt(index))
  return units.map(unit => `\\u${unit.toString(16).padStart(4, '0')}`).join('')
}

/** A number so that it reads back as the same one, -0 included. */
export function numberText(value: number): string {
  return Object.is(value, -0) ? '-0' : String(value)
}

/** A size for people: `940 B`, `12.4 kB`, `1.3 GB`. */
export function formatBytes(bytes: number): string {
  const unit = units.find(({ size }) => bytes >= size)
  return unit === undefined ? `${bytes} B` : `${(bytes / unit.size).toFixed(1)} ${unit.name}`
}

const units = [
  { name: 'TB', size: 1e12 },
  { name: 'GB', size: 1e9 },
  { name: 'MB', size: 1e6 },
  { name: 'kB', size: 1e3 }
] as const
