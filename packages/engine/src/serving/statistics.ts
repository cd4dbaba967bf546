import type { VersionStatistics } from './model-server.ts'
import type { ModelTable } from './model-table.ts'
import type { ServedModel } from './served-model.ts'
import { unknownVersion } from './serving-errors.ts'
import type { VersionSlot } from './version-slot.ts'

/**
 * What was asked of versions, in the order of models and versions: of all, of one model's, or of one.
 * @param sinceEpoch turns `performance.now()` into milliseconds since 1970
 * @throws {MillraceError} MILL_MODEL_NOT_FOUND or MILL_VERSION_NOT_FOUND
 */
export function statisticsOf(
  table: ModelTable,
  { model, version }: { model: string | undefined; version: string | undefined },
  sinceEpoch: (at: number) => number
): readonly VersionStatistics[] {
  const models = model === undefined ? table.ordered() : [table.get(model)]
  const slots = models.flatMap(one => (version === undefined ? one.order : [slotOf(one, version)]))
  return slots.map(slot => {
    const memoryBytes = slot.current?.served.memoryBytes ?? 0
    return slot.tally.statistics({ model: slot.model, version: slot.version, memoryBytes }, sinceEpoch)
  })
}

function slotOf(model: ServedModel, version: string): VersionSlot {
  const slot = model.slots.get(version) ?? model.target(version)?.slot
  if (slot === undefined) throw unknownVersion(model.name, version)
  return slot
}
