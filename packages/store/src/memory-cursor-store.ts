import { integerWithin } from '@millrace/common'
import type { CursorStore } from './cursor-store.ts'

/** In memory: one process, tests, examples. Lost at exit. */
export function memoryCursorStore(): CursorStore {
  const positions = new Map<string, number>()
  return {
    async position(stream) {
      return positions.get(stream) ?? 0
    },
    async advance(stream, total) {
      integerWithin('total', total, 0)
      const position = positions.get(stream) ?? 0
      if (position >= total) return undefined
      positions.set(stream, position + 1)
      return position
    },
    async reset(stream) {
      positions.delete(stream)
    }
  }
}
