import type { Said } from './outcome-fact.ts'
import { keyOf, type TextHash } from './text-hash.ts'

/** A prediction or label as it is compared: `'1'`, `'1.0'` and 1 are the same. */
export function saidOf(said: number | string, hash: TextHash): Said {
  if (typeof said === 'number') return { isText: false, value: said + 0 }
  const number = said.trim() === '' ? NaN : Number(said)
  if (Number.isFinite(number)) return { isText: false, value: number + 0 }
  hash.of(said)
  return { isText: true, value: keyOf(hash.first, hash.second) }
}

/** What a label makes of a prediction in a metric of this kind; undefined when that cannot be said. */
export function scored(kind: string, prediction: Said, label: Said): number | undefined {
  if (kind === 'accuracy') return prediction.isText === label.isText && prediction.value === label.value ? 1 : 0
  if (kind !== 'error' || prediction.isText || label.isText) return undefined
  return Math.abs(prediction.value - label.value)
}

/** 32 bits that tell whether two values told under one id are the same. */
export function toldOf(value: number | { readonly label: number | string }, hash: TextHash): number {
  if (typeof value === 'number') return hash.of(`n${value}`).second
  return hash.of(`${typeof value.label === 'number' ? 'l' : 't'}${value.label}`).second
}
