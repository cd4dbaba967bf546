import { type FileOperations, fileOperations } from '../src/journal/file-operations.ts'

type Operation = 'open' | 'write' | 'fdatasync' | 'syncFolder' | 'ftruncate' | 'unlink'

/** The file system, some operations of which fail or wait as a test says. */
export interface FailingFiles {
  files: FileOperations
  /** The code of the error that an operation fails with, for as long as it is set. */
  fails: Partial<Record<Operation, string>>
  /** The most that a write takes; all when undefined. */
  mostWritten: number | undefined
  /** Let an operation wait. @returns lets it go on */
  hold(operation: Operation): () => void
}

export function failingFiles(): FailingFiles {
  const fails: FailingFiles['fails'] = {}
  const held = new Map<Operation, (() => void)[]>()
  function failure(operation: Operation): Error | undefined {
    const code = fails[operation]
    return code === undefined ? undefined : Object.assign(new Error(`${code}: ${operation}`), { code })
  }
  /** Does `work` unless `operation` fails, when it need not wait any more. */
  function unless(operation: Operation, done: (error: Error) => void, work: () => void): void {
    const waiting = held.get(operation)
    if (waiting !== undefined) return void waiting.push(() => unless(operation, done, work))
    const error = failure(operation)
    if (error === undefined) work()
    else setImmediate(() => done(error))
  }
  const failing: FailingFiles = {
    fails,
    mostWritten: undefined,
    hold(operation) {
      held.set(operation, [])
      return () => {
        const waiting = held.get(operation) ?? []
        held.delete(operation)
        for (const goOn of waiting) goOn()
      }
    },
    files: {
      ...fileOperations,
      open(path, flags, done) {
        unless(
          'open',
          error => done(error, -1),
          () => fileOperations.open(path, flags, done)
        )
      },
      write(file, bytes, offset, length, position, done) {
        const most = Math.min(length, failing.mostWritten ?? length)
        unless(
          'write',
          error => done(error, 0),
          () => fileOperations.write(file, bytes, offset, most, position, done)
        )
      },
      fdatasync(file, done) {
        unless('fdatasync', done, () => fileOperations.fdatasync(file, done))
      },
      syncFolder(folder, done) {
        unless('syncFolder', done, () => fileOperations.syncFolder(folder, done))
      },
      ftruncate(file, length, done) {
        unless('ftruncate', done, () => fileOperations.ftruncate(file, length, done))
      },
      unlink(path, done) {
        unless('unlink', done, () => fileOperations.unlink(path, done))
      }
    }
  }
  return failing
}
