import { randomBytes } from 'node:crypto'
import type { RegistryStore } from '../registry-store.ts'

/** By what Redis knows the pushes of this process. */
export interface Writer {
  /** Names this process; no other one has it. Holds no spaces, commas or colons. */
  writer: string
  /** The names of this process and of those before it on the same files. */
  kin: ReadonlySet<string>
}

/** How many names are noted on the files. */
const kinNoted = 16

/** A name for this process, noted on its files for those that come after. @throws {MillraceError} MILL_STORE_FAILED */
export async function newWriter(registry: RegistryStore): Promise<Writer> {
  const writer = randomBytes(9).toString('base64url')
  for (;;) {
    const noted = await registry.get('redis', 'writers')
    const kin = [writer, ...((noted?.value as string[] | undefined) ?? [])].slice(0, kinNoted)
    const isNoted = await registry.put({ kind: 'redis', name: 'writers', value: kin }, noted?.revision ?? 0)
    if (isNoted !== undefined) return { writer, kin: new Set(kin) }
  }
}
