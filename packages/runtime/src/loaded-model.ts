import { MillraceError } from '@millrace/common'
import { inputCheck } from './check-inputs.ts'
import type { Lane } from './lane.ts'
import { outputChoice } from './output-choice.ts'
import type { RunCounts } from './run-counts.ts'
import type { RunRequest, RunResult, RuntimeFacts, RuntimeModel } from './runtime-model.ts'
import type { Tensor, TensorSpec } from './tensor.ts'
import type { Waiting } from './waiting.ts'

/** What a loaded model is made of. */
export interface ModelParts {
  /** Model and version, for messages. */
  readonly label: string
  readonly inputs: readonly TensorSpec[]
  readonly outputs: readonly TensorSpec[]
  readonly classLabels: ReadonlyMap<string, readonly string[]>
  readonly facts: RuntimeFacts
  readonly counts: RunCounts
  /** Requests that may wait. */
  readonly queueLimit: number
  /** Where requests run. */
  readonly lane: Lane
  /** Called when it is closed. */
  onClose(): void
}

/** Checks requests, has them run, and knows when the last was answered. */
export function loadedModel(parts: ModelParts): RuntimeModel {
  const { label, inputs, outputs, classLabels, facts, counts, queueLimit, lane } = parts
  const check = inputCheck(inputs, label)
  const choose = outputChoice(outputs, label)
  const isBatched = facts.maxBatchRows > 1
  const idle = Promise.withResolvers<void>()
  let pending = 0
  let closing: Promise<void> | undefined

  function refuse(): void {
    if (closing !== undefined) throw new MillraceError('MILL_MODEL_NOT_READY', `model '${label}' is being unloaded`)
    if (lane.waiting < queueLimit) return
    throw new MillraceError('MILL_OVERLOADED', `Exceeds maximum queue size: ${queueLimit} requests wait for '${label}'`)
  }

  function settled(): void {
    pending -= 1
    if (pending === 0 && closing !== undefined) idle.resolve()
  }

  function run(request: RunRequest): Promise<RunResult> {
    return new Promise((resolve, reject) => {
      refuse()
      const ordered = check(request.inputs)
      const rows = isBatched ? commonRows(ordered) : 1
      const waiting: Waiting = {
        inputs: ordered,
        wanted: choose(request.outputs),
        rows: Math.max(1, rows),
        deadline: request.deadline ?? Number.POSITIVE_INFINITY,
        priority: request.priority ?? 0,
        arrivedAt: performance.now(),
        isAlone: rows === 0,
        isSettled: false,
        resolve(result) {
          settled()
          resolve(result)
        },
        reject(error) {
          settled()
          reject(error)
        }
      }
      pending += 1
      lane.add(waiting)
    })
  }

  async function close(): Promise<void> {
    if (pending > 0) await idle.promise
    await lane.close()
    parts.onClose()
  }

  return {
    inputs,
    outputs,
    classLabels,
    facts,
    run,
    counts: () => counts.summary(pending),
    close() {
      closing ??= close()
      return closing
    }
  }
}

/** Rows that all inputs have; 0 where they differ, and for none: such a request runs alone. */
function commonRows(inputs: readonly Tensor[]): number {
  const rows = inputs[0]!.shape[0]!
  return inputs.every(({ shape }) => shape[0] === rows) ? rows : 0
}
