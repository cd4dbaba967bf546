import { inOrderOfNames, type RegistryStore } from './registry-store.ts'

/** In memory: one process, tests, examples. Lost at exit. */
export function memoryRegistryStore(): RegistryStore {
  const kinds = new Map<string, Map<string, { text: string; revision: number }>>()
  return {
    async get(kind, name) {
      const found = kinds.get(kind)?.get(name)
      return found && { kind, name, value: JSON.parse(found.text), revision: found.revision }
    },
    async list(kind) {
      const entries = [...(kinds.get(kind) ?? [])]
      return inOrderOfNames(
        entries.map(([name, { text, revision }]) => ({ kind, name, value: JSON.parse(text), revision }))
      )
    },
    async put({ kind, name, value }, expectedRevision) {
      const ofKind = kinds.get(kind) ?? new Map<string, { text: string; revision: number }>()
      const before = ofKind.get(name)?.revision ?? 0
      if (expectedRevision !== undefined && expectedRevision !== before) return undefined
      const text = JSON.stringify(value)
      kinds.set(kind, ofKind.set(name, { text, revision: before + 1 }))
      return { kind, name, value: JSON.parse(text), revision: before + 1 }
    }
  }
}
