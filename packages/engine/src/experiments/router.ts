import type { Decision, InferReply, InferRequest } from '../serving/model-server.ts'
import type { Traffic } from '../serving/traffic.ts'
import { countFailed, countServed, OutletRoute } from './arm-outlet.ts'
import type { AnswerTap } from './experiment-deps.ts'
import type { ExperimentRecord } from './experiment.ts'
import type { RoutedExperiment } from './routed-experiment.ts'
import { TimeOfDay } from './time-of-day.ts'

/** What runs on one model, by alias. */
interface ModelLanes {
  readonly byAlias: ReadonlyMap<string, Lane>
  /** For requests that name nothing. */
  readonly standard: Lane | undefined
}

/** What runs on one alias of a model, in the order of deciding: experiments, canaries, what yields; the oldest first. */
interface Lane {
  readonly all: readonly RoutedExperiment[]
  readonly overriding: readonly RoutedExperiment[]
  readonly sticky: readonly RoutedExperiment[]
  /** The one that there is, where there is just one. */
  readonly alone: RoutedExperiment | undefined
}

/**
 * Decides about requests by what runs at the moment: overrides of all that runs on a model and alias first, then what
 * served the unit before, then experiments, then canaries. A fraction of a microsecond, and nothing is allocated.
 */
export class Router implements Traffic {
  #lanes: ReadonlyMap<string, ModelLanes> = new Map()
  readonly #tap: AnswerTap
  readonly #unitOfNobody: () => string
  readonly #time: TimeOfDay

  /** @param now milliseconds since 1970 @param random uniform in [0, 1) @param tap sees all that is answered */
  constructor({ now, random, tap }: { now: () => number; random: () => number; tap: AnswerTap }) {
    this.#tap = tap
    this.#time = new TimeOfDay(now)
    const prefix = Math.floor(random() * 2 ** 52).toString(36)
    let count = 0
    this.#unitOfNobody = () => `-${prefix}-${count++}`
  }

  /** From now on these decide. */
  route(running: readonly RoutedExperiment[]): void {
    const byModel = Map.groupBy(running.toSorted(compare), ({ record }) => record.definition.model)
    this.#lanes = new Map([...byModel].map(([model, experiments]) => [model, lanesOf(experiments)]))
  }

  decide(request: InferRequest): Decision | undefined {
    if (request.mayExperiment === false) return undefined
    const lanes = this.#lanes.get(request.model)
    if (lanes === undefined) return undefined
    const { version } = request
    const lane = version === undefined || version === '' ? lanes.standard : lanes.byAlias.get(version)
    return lane === undefined ? undefined : decideIn(lane, request)
  }

  served(reply: InferReply, request: InferRequest, moment: number): void {
    const outlet = OutletRoute.outletOf(reply.route)
    if (outlet !== undefined) {
      countServed(outlet, { reply, request, time: this.#time.of(moment), unitOfNobody: this.#unitOfNobody })
    }
    this.#tap(reply, request)
  }

  failed({ decision, isFault, durationMs }: Parameters<Traffic['failed']>[0]): void {
    if (!isFault) return
    const outlet = OutletRoute.outletOf(decision.route)
    if (outlet !== undefined) countFailed(outlet, durationMs)
  }
}

function decideIn(lane: Lane, request: InferRequest): Decision | undefined {
  for (const experiment of lane.overriding) {
    const verdict = experiment.takes(request) ? experiment.overridden(request) : undefined
    if (verdict !== undefined) return verdict ?? undefined
  }
  if (lane.alone !== undefined) {
    return (lane.alone.takes(request) ? lane.alone.keptOrAssigned(request) : undefined) ?? undefined
  }
  for (const experiment of lane.sticky) {
    const verdict = experiment.takes(request) ? experiment.kept(request) : undefined
    if (verdict !== undefined) return verdict ?? undefined
  }
  for (const experiment of lane.all) {
    const verdict = experiment.takes(request) ? experiment.assigned(request) : undefined
    if (verdict !== undefined) return verdict ?? undefined
  }
  return undefined
}

function lanesOf(experiments: readonly RoutedExperiment[]): ModelLanes {
  const groups = Map.groupBy(experiments, ({ record }) => record.definition.alias)
  const byAlias = new Map([...groups].map(([alias, all]) => [alias, laneOf(all)]))
  return { byAlias, standard: byAlias.get('default') }
}

function laneOf(all: readonly RoutedExperiment[]): Lane {
  return {
    all,
    overriding: all.filter(({ hasOverrides }) => hasOverrides),
    sticky: all.filter(({ isSticky }) => isSticky),
    alone: all.length === 1 ? all[0] : undefined
  }
}

/** The same order in every process. */
function compare({ record: a }: RoutedExperiment, { record: b }: RoutedExperiment): number {
  return (
    rankOf(a) - rankOf(b) || (a.startedAt ?? 0) - (b.startedAt ?? 0) || (a.definition.id < b.definition.id ? -1 : 1)
  )
}

function rankOf({ definition, canary }: ExperimentRecord): number {
  if (definition.yields) return 2
  return canary === undefined ? 0 : 1
}
