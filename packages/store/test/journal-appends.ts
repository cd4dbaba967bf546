import type { JournalRecord, JournalWriter } from '../src/index.ts'

/** Append payloads together. @returns the position of the first and the time of all, once they are committed */
export function append(
  writer: JournalWriter,
  ...payloads: (string | Uint8Array)[]
): Promise<{ first: number; time: number }> {
  return new Promise((resolve, reject) =>
    writer.append(
      payloads.map(payload => (typeof payload === 'string' ? Buffer.from(payload) : payload)),
      { committed: (first, time) => resolve({ first, time }), failed: reject }
    )
  )
}

/** Records as `<sequence> <payload>`. */
export function texts(records: Iterable<JournalRecord> | undefined): string[] {
  return [...(records ?? ['undefined' as never])].map(
    ({ sequence, payload }) => `${sequence} ${Buffer.from(payload).toString()}`
  )
}
