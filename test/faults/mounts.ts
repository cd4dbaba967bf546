import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Ending } from '../e2e/program.ts'

/** Why file systems cannot be mounted here; false where they can. */
export const noMounts: string | false = process.getuid?.() === 0 ? whyNoTmpfs() : 'mounting a file system needs root'

/** Why a disk cannot fail here; false where it can. */
export const noBadDisk: string | false =
  noMounts !== false ? noMounts : existsSync('/dev/loop-control') ? false : 'a disk in a file needs loop devices'

function whyNoTmpfs(): string | false {
  const gone: (() => Promise<void> | void)[] = []
  try {
    tmpfs({ after: cleanUp => void gone.unshift(cleanUp) }, 64)
    return false
  } catch (error) {
    return `no tmpfs can be mounted: ${String(error)}`
  } finally {
    for (const cleanUp of gone) void cleanUp()
  }
}

/** A disk in memory of so many KiB. */
export function tmpfs(t: Ending, kibibytes: number): string {
  const { place, folder } = mountPoint()
  run('mount', '-t', 'tmpfs', '-o', `size=${kibibytes}k`, 'tmpfs', folder)
  t.after(() => unmount(place, folder))
  return folder
}

/** A disk that can be made to fail. */
export interface BadDisk {
  folder: string
  /** From now on the system takes the disk for damaged and lets nobody write to it, open files included. */
  fail(): void
}

/** A disk of 16 MiB with ext4 on it, which becomes read-only at the first error. */
export function badDisk(t: Ending): BadDisk {
  const { place, folder } = mountPoint()
  const image = path.join(place, 'image')
  run('truncate', '-s', '16M', image)
  run('mkfs.ext4', '-q', '-F', image)
  run('mount', '-o', 'loop,errors=remount-ro', image, folder)
  t.after(() => unmount(place, folder))
  const device = path.basename(run('findmnt', '-n', '-o', 'SOURCE', folder))
  rmSync(path.join(folder, 'lost+found'), { recursive: true })
  return { folder, fail: () => writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, '1') }
}

/** Make a disk read-only, or writable again. Nothing may be open for writing on it. */
export function remount(folder: string, how: 'ro' | 'rw'): void {
  run('mount', '-o', `remount,${how}`, folder)
}

/** Fill a disk to the last byte. @returns what makes room again */
export function fill(folder: string): () => void {
  const names: string[] = []
  for (const size of [1 << 20, 1 << 16, 4096, 512, 1]) {
    try {
      for (;;) {
        const name = path.join(folder, `ballast-${names.length}`)
        names.push(name)
        writeFileSync(name, new Uint8Array(size))
      }
    } catch {
      // Full for this size: what was begun stays, the next smaller one follows.
    }
  }
  return () => names.forEach(name => rmSync(name, { force: true }))
}

function mountPoint() {
  const place = mkdtempSync(path.join(tmpdir(), 'millrace-disk-'))
  const folder = path.join(place, 'disk')
  mkdirSync(folder)
  return { place, folder }
}

/** What still holds the disk, such as a program that is about to be killed, keeps it no longer than it runs. */
function unmount(place: string, folder: string): void {
  run('umount', '--lazy', folder)
  rmSync(place, { recursive: true })
}

/** @returns what the command prints */
function run(command: string, ...args: string[]): string {
  return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim()
}
