import { integerWithin } from '@millrace/common'
import type { CursorStore, StreamItem } from './cursor-store.ts'

/** In memory: one process, tests, examples. Lost at exit. */
export function memoryCursorStore(): CursorStore {
  const items = new Map<string, StreamItem>()
  function itemOf(stream: string): StreamItem {
    return items.get(stream) ?? { index: 0, round: 0 }
  }
  return {
    async position(stream) {
      return { ...itemOf(stream) }
    },
    async advance(stream, total) {
      integerWithin('total', total, 0)
      const item = itemOf(stream)
      if (item.index >= total) return undefined
      items.set(stream, { ...item, index: item.index + 1 })
      return { ...item }
    },
    async commit(stream, { index, round }) {
      const item = itemOf(stream)
      if (item.index !== index || item.round !== round) return false
      items.set(stream, { round, index: index + 1 })
      return true
    },
    async reset(stream) {
      items.set(stream, { index: 0, round: itemOf(stream).round + 1 })
    }
  }
}
