import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { MillraceError } from '@millrace/common'

/** A file in memory. */
export interface ModelFile {
  readonly bytes: Uint8Array
  /** In hexadecimal. */
  readonly sha256: string
}

/**
 * Read a file, and check the very bytes that are going to be used.
 * @throws {MillraceError} MILL_MODEL_INVALID when it cannot be read, is empty, or has another checksum than `sha256`
 */
export async function readModel(path: string, sha256: string | undefined): Promise<ModelFile> {
  const bytes = await readBytes(path)
  if (bytes.length === 0) throw new MillraceError('MILL_MODEL_INVALID', 'the file is empty')
  const found = createHash('sha256').update(bytes).digest('hex')
  if (sha256 === undefined || found === sha256.toLowerCase()) return { bytes, sha256: found }
  throw new MillraceError('MILL_MODEL_INVALID', `the file has SHA-256 ${found}, not ${sha256}`)
}

async function readBytes(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason'
    throw new MillraceError('MILL_MODEL_INVALID', `the file cannot be read: ${code}`, { cause: error })
  }
}

/** Give the memory of a file back at once: a collector may leave hundreds of megabytes for long. The bytes are gone. */
export function releaseBytes({ buffer, byteLength }: Uint8Array): void {
  if (byteLength > 0 && buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}
