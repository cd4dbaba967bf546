// The thread of the embedded store: it alone opens the databases, and waits for disks and locks so that no other has to.
import { parentPort, workerData } from 'node:worker_threads'
import { type Database, openDatabase } from './database.ts'
import { type CallOutcome, GroupedCalls } from './grouped-calls.ts'
import { pendingSchema, stateSchema } from './schema.ts'
import type { FromThread, ThreadOptions, ToThread } from './store-messages.ts'
import { pendingOperations, stateOperations, type StoreOperation } from './store-operations.ts'
import { toPlainError } from './thread-errors.ts'

const port = parentPort!

/** Calls of one database and what they are made with. */
interface Desk {
  database: Database
  calls: GroupedCalls
  operations: Record<string, StoreOperation<unknown[]>>
}

function openDesks(options: ThreadOptions): Desk[] {
  const { statePath, pendingPath, synchronous, busyTimeoutMs, pendingLimits, now } = options
  const state = openDatabase(statePath, { schema: stateSchema, synchronous, busyTimeoutMs })
  try {
    // Predictions survive the process but are not worth an fsync each.
    const pending = openDatabase(pendingPath, { schema: pendingSchema, synchronous: 'NORMAL', busyTimeoutMs })
    // First those whose commit does not wait for the disk.
    return [
      desk(pending, pendingOperations(pending, { ...pendingLimits, now }), busyTimeoutMs),
      desk(state, stateOperations(state, options), busyTimeoutMs)
    ]
  } catch (error) {
    state.close()
    throw error
  }
}

function desk(database: Database, operations: Record<string, StoreOperation>, busyTimeoutMs: number): Desk {
  // The types of the arguments are kept by the other side, which knows the operations by their types.
  const untyped = operations as Record<string, StoreOperation<unknown[]>>
  return { database, calls: new GroupedCalls(database, busyTimeoutMs), operations: untyped }
}

/** Outcomes on their way back, many to a message. */
function replies() {
  let waiting: { results: unknown[]; errors: unknown[] } = { results: [], errors: [] }
  return {
    add(call: number, outcome: CallOutcome): void {
      if ('error' in outcome) waiting.errors.push(call, toPlainError(outcome.error))
      else waiting.results.push(call, outcome.result)
    },
    send(): void {
      if (waiting.results.length + waiting.errors.length > 0) port.postMessage(waiting)
      waiting = { results: [], errors: [] }
    }
  }
}

function serve(desks: readonly Desk[]): void {
  const outcomes = replies()
  let isScheduled = false
  let isClosing = false

  function receive(calls: readonly unknown[]): void {
    for (let index = 0; index < calls.length; index += 3) {
      const [call, name, args] = calls.slice(index, index + 3) as [number, string, unknown[]]
      const at = desks.find(({ operations }) => name in operations)!
      const { isWrite, run } = at.operations[name]!
      at.calls.add({ isWrite, run: () => run(...args), answer: outcome => outcomes.add(call, outcome) })
    }
  }
  /** By then all messages that have arrived are received, and their calls become one group. */
  function schedule(): void {
    if (isScheduled) return
    isScheduled = true
    setImmediate(work)
  }
  function work(): void {
    isScheduled = false
    for (const { calls } of desks) {
      if (!calls.isIdle) calls.run()
      outcomes.send()
    }
    if (desks.some(({ calls }) => !calls.isIdle)) schedule()
    else if (isClosing) end()
  }
  function end(): void {
    for (const { database } of desks) database.close()
    port.close()
  }

  port.on('message', (message: ToThread) => {
    if (message === 'close') isClosing = true
    else receive(message)
    schedule()
  })
}

function say(message: FromThread): void {
  port.postMessage(message)
}

try {
  serve(openDesks(workerData as ThreadOptions))
  say({ opened: true })
} catch (error) {
  say({ failed: toPlainError(error) })
}
