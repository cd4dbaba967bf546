import { MillraceError } from '@millrace/common'

/** Characters of a reason that are worth reading. */
const longestReason = 500

/** Wraps whatever made a load fail. The reason names nothing of the machine; `cause` holds the whole. */
export function loadError(label: string, error: unknown): MillraceError {
  return new MillraceError('MILL_MODEL_INVALID', `failed to load ${label}: ${reasonOf(error)}`, { cause: error })
}

/** Why something failed, for people who send models and inputs: no paths, no places in the source of the library. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return withoutMachinery(message).slice(0, longestReason)
}

/**
 * `/onnxruntime_src/onnxruntime/core/graph/model.cc:182 onnxruntime::Model::Model(onnx::ModelProto&&, …) Unsupported …`
 * keeps what comes after the signature; a path keeps its last name.
 */
function withoutMachinery(message: string): string {
  return message
    .replaceAll(/\S*\/[\w.-]+\.(?:cc|h|cpp|hpp):\d+ .*?\)\S*(?: const)?(?: \[with [^\]]*\])?\s+(?=\S)/g, '')
    .replaceAll(/(?:\/[\w.@+-]+)+\/([\w.@+-]+)/g, '$1')
    .replaceAll(/\s+/g, ' ')
    .trim()
}
