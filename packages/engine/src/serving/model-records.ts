import { MillraceError } from '@millrace/common'
import type { RegistryStore } from '@millrace/store'
import { emptyRecord, type ModelRecord, recordFrom, recordValue } from './model-record.ts'

/** The kind of the entries in the registry. */
const kind = 'model'

/** Writers that may be faster than this one before it gives up. */
const mostAttempts = 20

/** A record at one moment. */
export interface KeptRecord {
  readonly record: ModelRecord
  /** Grows with each change; 0 when there is no entry. */
  readonly revision: number
}

/** The records of all models, shared by all processes. Every call may throw MILL_STORE_FAILED. */
export interface ModelRecords {
  all(): Promise<Map<string, KeptRecord>>
  get(model: string): Promise<KeptRecord>
  /**
   * Change a record, once however many processes change it at the same time.
   * @param change makes the new record of the one that is there; called again when another writer was faster. What it
   *   throws leaves the record as it was
   */
  change(model: string, change: (record: ModelRecord) => ModelRecord): Promise<KeptRecord>
}

/** No entry. */
export const noRecord: KeptRecord = { record: emptyRecord, revision: 0 }

/** Records in a registry: one entry of the kind `model` for each model that somebody decided something about. */
export function modelRecords(registry: RegistryStore): ModelRecords {
  const get = async (model: string): Promise<KeptRecord> => {
    const entry = await registry.get(kind, model)
    return entry === undefined ? noRecord : { record: recordFrom(entry.value), revision: entry.revision }
  }
  return {
    get,
    async all() {
      const entries = await registry.list(kind)
      return new Map(entries.map(({ name, value, revision }) => [name, { record: recordFrom(value), revision }]))
    },
    async change(model, change) {
      for (let attempt = 0; attempt < mostAttempts; attempt++) {
        const { record, revision } = await get(model)
        const entry = await registry.put({ kind, name: model, value: recordValue(change(record)) }, revision)
        if (entry !== undefined) return { record: recordFrom(entry.value), revision: entry.revision }
      }
      throw new MillraceError('MILL_STORE_FAILED', `the aliases of model ${model} are changed by too many at once`)
    }
  }
}
