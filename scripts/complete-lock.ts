/**
 * Puts back into package-lock.json the optional packages of other platforms: `npm run make:lock`.
 *
 * Tools with native binaries name one optional package a platform. `npm install` leaves out of the lock file those that
 * its registry does not have, as a mirror may lack platforms it does not serve; `npm ci` then refuses the lock file. Each
 * goes back in with its platform, read off its name, so that only that platform fetches it.
 */
import { readFileSync, writeFileSync } from 'node:fs'

/** What the lock file says of one package, as far as it matters here. */
export interface LockedPackage {
  version?: string
  dev?: boolean
  cpu?: string[]
  libc?: string[]
  optional?: boolean
  os?: string[]
  resolved?: string
  link?: boolean
  optionalDependencies?: Record<string, string>
}

/** The lock file, as far as it matters here. */
export interface LockFile {
  packages: Record<string, LockedPackage>
}

const lockFile = new URL('../package-lock.json', import.meta.url)

/** The lock file of the repository. */
export function readLock(): LockFile {
  return JSON.parse(readFileSync(lockFile, 'utf8')) as LockFile
}

/** The optional packages that a lock file names and does not describe: the missing part of `packages`. */
export function missingPackages({ packages }: LockFile): Record<string, LockedPackage> {
  const missing: Record<string, LockedPackage> = {}
  for (const { dev, optionalDependencies = {} } of Object.values(packages)) {
    for (const [name, version] of Object.entries(optionalDependencies)) {
      const key = `node_modules/${name}`
      if (packages[key] === undefined)
        missing[key] = { version, ...(dev && { dev }), optional: true, ...platformOf(name) }
    }
  }
  return missing
}

/** `@oxlint/binding-linux-x64-musl`: Linux, x64, musl. */
function platformOf(name: string): Pick<LockedPackage, 'os' | 'cpu' | 'libc'> {
  const [os, cpu, ...rest] = name.replace(/^.*\/(binding-)?/, '').split('-')
  const library = /musl|gnu/.exec(rest.join('-'))?.[0]
  return { os: [os!], cpu: [cpu!], ...(library && { libc: [library === 'gnu' ? 'glibc' : 'musl'] }) }
}

if (import.meta.main) {
  const lock = readLock()
  const packages = { ...lock.packages, ...missingPackages(lock) }
  const sorted = Object.fromEntries(Object.entries(packages).toSorted(([a], [b]) => (a < b ? -1 : 1)))
  writeFileSync(lockFile, `${JSON.stringify({ ...lock, packages: sorted }, null, 2)}\n`)
}
