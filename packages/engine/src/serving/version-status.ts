import type { VersionPolicy } from '@millrace/store'
import type { VersionState, VersionStatus } from './model-server.ts'
import { policyText } from './version-policy.ts'
import type { VersionSlot } from './version-slot.ts'

/** What decides about all versions of a model. */
interface ModelFacts {
  readonly isUnloaded: boolean
  readonly policy: VersionPolicy
}

/** Where a version stands, and why. */
export function slotStatus(slot: VersionSlot, model: ModelFacts): VersionStatus {
  const [state, reason] = stateOf(slot, model)
  const served = state === 'READY' ? slot.current?.served : undefined
  const isServed = slot.isServed && !model.isUnloaded
  const files = served && slot.current?.files
  return { version: slot.version, state, reason, isServed, served, files, metadata: slot.metadata }
}

function stateOf(slot: VersionSlot, { isUnloaded, policy }: ModelFacts): [VersionState, string] {
  if (isUnloaded) return slot.leaving.size > 0 ? ['UNLOADING', 'unloaded'] : ['UNAVAILABLE', 'unloaded']
  if (slot.current !== undefined) return ['READY', whyOld(slot)]
  if (slot.isLoading) return ['LOADING', 'it is being loaded']
  if (slot.leaving.size > 0) return ['UNLOADING', 'requests that run are answered']
  return ['UNAVAILABLE', whyAway(slot, policy)]
}

/** Why what is served is not what the source has. */
function whyOld({ origin, failure, current, version }: VersionSlot): string {
  if (origin === undefined) {
    return current!.stamp === ''
      ? ''
      : `version ${version} is in no source any more, and served because an alias stands for it`
  }
  if (failure !== undefined) return `served as it was before its files changed: ${failure.reason}`
  const { state, reason = state } = origin.sourced
  return state === 'whole' ? '' : `served as it was before its files changed: ${reason}`
}

function whyAway({ origin, failure, isWanted }: VersionSlot, policy: VersionPolicy): string {
  if (origin === undefined) return 'it is in no source'
  const { state, reason = state } = origin.sourced
  if (state !== 'whole') return reason
  if (failure !== undefined) return failure.reason
  if (!isWanted) return `the version policy leaves it out: ${policyText(policy)}`
  return 'not in memory; loaded when it is asked for'
}
