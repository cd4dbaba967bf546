import { after as systemTimer } from '../learning/timers.ts'
import { AliasMoves } from './alias-moves.ts'
import { bring } from './bring.ts'
import { Deadlines } from './deadlines.ts'
import { Exclusive } from './exclusive.ts'
import { firstVersions } from './first-versions.ts'
import { Inference } from './inference.ts'
import { LearnerVersions } from './learner-versions.ts'
import { liveVersion } from './learners/live-version.ts'
import { openFrozen } from './learners/open-frozen.ts'
import { ModelLoads } from './model-loads.ts'
import { modelRecords } from './model-records.ts'
import type { ModelServerOptions } from './model-server-options.ts'
import type { ModelServer } from './model-server.ts'
import { versionOpener } from './open-version.ts'
import type { ServedModel, Target } from './served-model.ts'
import { unknownModel } from './serving-errors.ts'
import { statisticsOf } from './statistics.ts'
import { Upkeep } from './upkeep.ts'
import { selectVersions } from './version-policy.ts'

/**
 * Open the models of all sources. Resolves when all versions that the policy wants are loaded, as far as they have room
 * in memory: what the aliases stand for first, then the newest; the others are loaded when they are asked for. A source
 * that cannot be read, or a version that cannot be loaded, is told and keeps nothing else from being served.
 * @throws {MillraceError} MILL_STORE_FAILED when the registry cannot be read, MILL_OPTION_INVALID for a policy with a
 *   range that is none
 */
export async function createModelServer(options: ModelServerOptions): Promise<ModelServer> {
  const { now = Date.now, monotonicNow = () => performance.now(), after = systemTimer } = options
  const { registry, runtime, policy, defaultVersion, sources, events = {}, log, limits, cache, cacheTtlMs } = options
  const { learners = new Map(), frozenFolder, openGiven, traffic } = options
  selectVersions([], policy)
  const records = modelRecords(registry)
  let isServing = false
  const opener = versionOpener({
    runtime,
    openFrozen: (files, names) => openFrozen(files, { ...names, now }),
    now,
    isServing: () => isServing
  })
  const lives = [...learners].map(([model, learner]) => liveVersion(learner, { model, now }))
  const kept = await records.all()
  const defaults = { policy, defaultVersion }
  const looked = (): void => loads.catchUp()
  const upkeep = new Upkeep({
    sources,
    opener,
    lives,
    kept,
    defaults,
    limits,
    events,
    log,
    monotonicNow,
    after,
    looked
  })
  const { table } = upkeep
  const exclusive = new Exclusive()
  const deadlines = new Deadlines(monotonicNow, after)
  const find = (name: string, version: string | undefined): Target => targetOf(table.models.get(name), name, version)
  const inference = new Inference({ find, bring, deadlines, cache, cacheTtlMs, limits, events, traffic, monotonicNow })
  const aliases = new AliasMoves({ find: name => table.get(name), records, exclusive, events, now })
  const loads = new ModelLoads({ upkeep, records, exclusive, aliases, openGiven, log, after })
  const versions = new LearnerVersions({ learners, frozenFolder, upkeep, now })
  const closeAll = async (): Promise<void> => {
    await inference.close()
    await upkeep.close()
    await loads.close()
  }
  let closing: Promise<void> | undefined
  await upkeep.open()
  const hasStarted = firstVersions(table)
  isServing = true
  return {
    infer: request => inference.infer(request),
    async resolve(model, version, question) {
      const startedAt = monotonicNow()
      try {
        return await inference.resolve({ ...question, model, version, inputs: [] }, question !== undefined)
      } catch (error) {
        if (question !== undefined) events.failed?.({ model, version, error, durationMs: monotonicNow() - startedAt })
        throw error
      }
    },
    models: () => table.ordered().map(model => model.status()),
    model: name => table.get(name).status(),
    hasStarted,
    isReady: (model, version) => table.models.get(model)?.target(version)?.slot.isServed === true,
    reload: model => loads.reload(model),
    load: (model, override) => loads.load(model, override),
    unload: model => loads.unload(model),
    refresh: model => loads.refresh(model),
    moveAlias: (model, alias, version) => aliases.move(model, alias, version),
    removeAlias: (model, alias) => aliases.remove(model, alias),
    rollback: model => aliases.rollback(model),
    freeze: (model, version) => versions.freeze(model, version),
    exportOnnx: async (model, version) => versions.exportOnnx(find(model, version)),
    statistics: (model, version) => statisticsOf(table, { model, version }, at => now() - (monotonicNow() - at)),
    problems: () => upkeep.problems(),
    close: () => (closing ??= closeAll())
  }
}

function targetOf(model: ServedModel | undefined, name: string, version: string | undefined): Target {
  const target = model?.target(version)
  if (target !== undefined) return target
  throw model?.missing(version) ?? unknownModel(name)
}
