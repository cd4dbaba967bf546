import type { ModelStatus, VersionState, VersionStatus } from '@millrace/engine'
import type { ServingStatusReply } from '@millrace/protocol'

/** Words of TensorFlow Serving for where a version stands. */
const states: Readonly<Record<VersionState, string>> = {
  READY: 'AVAILABLE',
  LOADING: 'LOADING',
  UNLOADING: 'UNLOADING',
  UNAVAILABLE: 'END'
}

/** A model, or some versions of it, as both KServe and TensorFlow Serving tell it. */
export function servingStatus(
  { name }: Pick<ModelStatus, 'name'>,
  versions: readonly VersionStatus[],
  isReady: boolean
): ServingStatusReply {
  return { name, ready: isReady, model_version_status: versions.map(versionStatus) }
}

function versionStatus({ version, state, reason }: VersionStatus): ServingStatusReply['model_version_status'][number] {
  const error_code = state === 'UNAVAILABLE' && reason !== '' ? 'UNAVAILABLE' : 'OK'
  return { version, state: states[state], status: { error_code, error_message: error_code === 'OK' ? '' : reason } }
}
