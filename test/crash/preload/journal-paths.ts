import { readlinkSync } from 'node:fs'
import path from 'node:path'

const journals = path.resolve(process.env['MILLRACE_DATA_DIR'] ?? '.', 'journal') + path.sep

/** The path of an open file of a journal; undefined for any other file. */
export function journalPath(file: unknown): string | undefined {
  if (typeof file === 'string') return file.startsWith(journals) ? file : undefined
  if (typeof file !== 'number' || file <= 2) return undefined
  const found = linkOf(file)
  return found?.startsWith(journals) === true ? found : undefined
}

function linkOf(file: number): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${file}`)
  } catch {
    return undefined
  }
}
