import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { MillraceError } from '@millrace/common'
import { inputCheck } from './check-inputs.ts'
import { loadOrt } from './ort-binding.ts'
import { createSession, type Session } from './ort-session.ts'
import type { LoadOptions, RunRequest, RunResult, Runtime, RuntimeModel } from './runtime-model.ts'

/** Loads and runs models. Nothing is started or read before the first load. */
export function createRuntime(): Runtime {
  const models = new Set<RuntimeModel>()
  return {
    async load(options) {
      const startedAt = performance.now()
      const bytes = await readChecked(options)
      const ort = await loadOrt()
      const session = openSession(options, () =>
        createSession(ort, bytes, { threads: 1, folder: path.dirname(path.resolve(options.path)) })
      )
      const model = inlineModel(options, session, bytes.length, performance.now() - startedAt)
      models.add(model)
      return model
    },
    async close() {
      await Promise.all([...models].map(model => model.close()))
    }
  }
}

async function readChecked({ label, path: file, sha256 }: LoadOptions): Promise<Uint8Array> {
  const bytes = await readFile(file)
  const found = sha256 === undefined ? undefined : createHash('sha256').update(bytes).digest('hex')
  if (found === sha256?.toLowerCase()) return bytes
  throw new MillraceError('MILL_MODEL_INVALID', `failed to load ${label}: sha256 is ${found}, not ${sha256}`)
}

function openSession({ label }: LoadOptions, create: () => Session): Session {
  try {
    return create()
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new MillraceError('MILL_MODEL_INVALID', `failed to load ${label}: ${reason}`, { cause: error })
  }
}

function inlineModel(options: LoadOptions, session: Session, fileBytes: number, loadMs: number): RuntimeModel {
  const check = inputCheck(session.inputs, options.label)
  let executions = 0
  async function run(request: RunRequest): Promise<RunResult> {
    const inputs = check(request.inputs)
    const wanted = wantedOutputs(session, request.outputs, options.label)
    const startedAt = performance.now()
    const outputs = session.run(inputs, wanted)
    executions += 1
    return {
      outputs: outputs.map(({ datatype, shape, data }, index) => ({
        name: session.outputs[wanted[index]!]!.name,
        datatype,
        shape,
        data
      })),
      batchRows: 1,
      timing: { queueNs: 0, inputNs: 0, inferNs: (performance.now() - startedAt) * 1e6, outputNs: 0 }
    }
  }
  return {
    inputs: session.inputs,
    outputs: session.outputs,
    classLabels: new Map(),
    facts: {
      placement: 'inline',
      loadMs,
      rowUs: undefined,
      fileBytes,
      memoryBytes: fileBytes * 2,
      unbatchable: 'batches are not formed',
      maxBatchRows: 1
    },
    run,
    counts: () => ({ inferences: executions, executions, pending: 0, batches: [] }),
    async close() {
      session.dispose()
    }
  }
}

function wantedOutputs(session: Session, names: readonly string[] | undefined, label: string): number[] {
  return (names ?? session.outputs.map(({ name }) => name)).map(name => {
    const index = session.outputs.findIndex(output => output.name === name)
    if (index >= 0) return index
    throw new MillraceError('MILL_INPUT_INVALID', `unexpected inference output '${name}' for model '${label}'`)
  })
}
