import { readlinkSync } from 'node:fs'
import { setPriority } from 'node:os'
import { parentPort } from 'node:worker_threads'
import { MillraceError } from '@millrace/common'
import { reasonOf } from './load-errors.ts'
import { openSession } from './open-session.ts'
import type { Session } from './ort-session.ts'
import { readModel, releaseBytes } from './read-model.ts'
import type { Tensor } from './tensor.ts'
import type { FromThread, OpenReport, OpenRequest, ThreadResult, ThreadRun, ToThread } from './thread-messages.ts'
import { firstRun, type WarmUp, warmUp } from './warm-up.ts'

// The thread of one session: see SessionThread.

/** Below that of the thread that answers requests, which must get a core as soon as it wants one. */
const niceness = 10

const port = parentPort!
let session: Session | undefined

/** On Linux each thread has a priority of its own, and threads started from here inherit it. */
function lowerPriority(): void {
  try {
    setPriority(Number(readlinkSync('/proc/thread-self').split('/').at(-1)), niceness)
  } catch {
    // No such thing here: threads are equal then.
  }
}

async function open(request: OpenRequest): Promise<OpenReport> {
  const { bytes, sha256 } = await readModel(request.path, request.sha256)
  const fileBytes = bytes.length
  const opened = await openSession(bytes, { threads: request.threads, file: request.path, keepsMemory: true })
  const { classLabels, createMs, memoryBytes } = opened
  session = opened.session
  const mayMove = createMs < (request.bytesIf?.createMs ?? 0)
  if (!mayMove) releaseBytes(opened.bytes)
  const found = request.isMeasured ? warmUp(session, { example: request.example }) : firstRun(session, request.example)
  const { inputs, outputs, unserved } = session
  return {
    inputs,
    outputs,
    unserved,
    classLabels,
    sha256,
    createMs,
    memoryBytes,
    fileBytes,
    warmUp: found,
    bytes: mayMove && isShort(request.bytesIf, found) ? opened.bytes : undefined
  }
}

function isShort(limits: OpenRequest['bytesIf'], { cost }: WarmUp): boolean {
  return limits !== undefined && cost !== undefined && cost.rowUs < limits.rowUs
}

function run({ inputs, wanted }: ThreadRun): ThreadResult {
  const startedAt = performance.now()
  const outputs = session!.run(inputs, wanted)
  return { outputs, inferNs: (performance.now() - startedAt) * 1e6 }
}

function close(): void {
  session?.dispose()
  session = undefined
}

async function answer(message: ToThread): Promise<void> {
  try {
    if (message.kind === 'run') {
      const result = run(message.run)
      return post({ isDone: true, value: result }, buffersOf(result.outputs))
    }
    if (message.kind === 'close') close()
    post({ isDone: true, value: message.kind === 'open' ? await open(message.open) : undefined })
  } catch (error) {
    if (message.kind === 'open') close()
    const code = error instanceof MillraceError ? error.code : undefined
    post({ isDone: false, code, message: reasonOf(error) })
  }
}

function post(message: FromThread, transfer: readonly ArrayBuffer[] = []): void {
  port.postMessage(message, transfer)
}

function buffersOf(tensors: readonly Tensor[]): ArrayBuffer[] {
  return tensors.flatMap(({ data }) => (ArrayBuffer.isView(data) ? [data.buffer as ArrayBuffer] : []))
}

lowerPriority()
port.on('message', (message: ToThread) => void answer(message))
