import type { ModelStatus, ServedVersion } from '@millrace/engine'
import type { ProtocolModelReply } from '@millrace/protocol'
import type { TensorSpec } from '@millrace/runtime'

/** What a version takes and gives, by the Open Inference Protocol. */
export function modelMetadata({ versions }: ModelStatus, served: ServedVersion): ProtocolModelReply {
  return {
    name: served.model,
    versions: versions
      .filter(({ isServed }) => isServed)
      .map(({ version }) => version)
      .toReversed(),
    platform: served.platform,
    inputs: served.inputs.map(tensorMetadata),
    outputs: served.outputs.map(tensorMetadata)
  }
}

function tensorMetadata({ name, datatype, shape }: TensorSpec): ProtocolModelReply['inputs'][number] {
  return { name, datatype, shape: [...shape] }
}
