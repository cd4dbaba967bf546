/** Where lines of CSV go; a Node.js stream. */
export interface CsvSink {
  /** False when the receiver cannot keep up. */
  write(text: string): boolean
  once(event: 'drain', listener: () => void): unknown
  off(event: 'drain', listener: () => void): unknown
}

/** Writes CSV in larger pieces and never gets far ahead of whoever reads it. */
export interface CsvOutput {
  /** Adds a line of fields that {@link csvField} has seen. When it returns a promise, wait before adding more. */
  line(fields: readonly string[]): Promise<void> | undefined
  /** Hands over what has gathered. */
  flush: () => Promise<void>
}

const chunkLength = 1 << 16

/** @param signal ends the waiting for a reader that is gone */
export function createCsvOutput(sink: CsvSink, signal: AbortSignal): CsvOutput {
  let chunk = ''
  const flush = async (): Promise<void> => {
    if (chunk === '') return
    const isReady = sink.write(chunk)
    chunk = ''
    if (!isReady && !signal.aborted) await drained(sink, signal)
  }
  return {
    line(fields) {
      chunk += `${fields.join(',')}\n`
      return chunk.length < chunkLength ? undefined : flush()
    },
    flush
  }
}

function drained(sink: CsvSink, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      sink.off('drain', done)
      signal.removeEventListener('abort', done)
      resolve()
    }
    sink.once('drain', done)
    signal.addEventListener('abort', done)
  })
}

/** A field of a CSV line, in quotes where it needs them (RFC 4180). */
export function csvField(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
