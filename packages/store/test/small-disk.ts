import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmdirSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** A disk of its own that a test may fill or make read-only. */
export interface SmallDisk {
  readonly folder: string
  /** Take all space there is; the returned function gives it back. */
  fill(): () => void
  setReadOnly(isReadOnly: boolean): void
}

/** Why there are no small disks here: to make one takes Linux and its root. */
export const withoutSmallDisks =
  (process.platform !== 'linux' && 'mounts a tmpfs, which only Linux has') ||
  (process.geteuid?.() !== 0 && 'mounts a tmpfs, which only root may') ||
  (!canMount() && 'mounts a tmpfs, which is not allowed here')

function canMount(): boolean {
  try {
    // In a mount namespace of its own, so that nothing is left of the attempt.
    execFileSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** A disk in memory of so many bytes; it is gone when the test ends. */
export function smallDisk(context: TestContext, bytes: number): SmallDisk {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-disk-'))
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'tmpfs', folder])
  context.after(() => {
    // Lazily: what is still open on it goes with it.
    execFileSync('umount', ['--lazy', folder])
    rmdirSync(folder)
  })
  const filler = join(folder, 'filler')
  return {
    folder,
    fill() {
      const handle = openSync(filler, 'w')
      const page = new Uint8Array(4096)
      try {
        for (;;) writeSync(handle, page)
      } catch {
        // ENOSPC: now it is full.
      } finally {
        closeSync(handle)
      }
      return () => rmSync(filler)
    },
    setReadOnly: isReadOnly => void execFileSync('mount', ['-o', `remount,${isReadOnly ? 'ro' : 'rw'}`, folder])
  }
}
