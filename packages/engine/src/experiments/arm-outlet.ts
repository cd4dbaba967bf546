import type { Assignment, InferReply, InferRequest, Route, RouteReason } from '../serving/model-server.ts'
import type { ExperimentLedger } from './ledger/ledger.ts'
import { singlePrediction } from './single-prediction.ts'

/** Of an arm, for whom what becomes of requests is counted. */
export interface ArmOutlet {
  readonly ledger: ExperimentLedger
  /** Its index, also where control answers in its place. */
  readonly arm: number
  readonly isOverride: boolean
  readonly isFallback: boolean
  /** Whether every request is a unit of its own. */
  readonly isDrawn: boolean
}

/** Where an experiment sends requests, made once: it knows for whom they count. */
export class OutletRoute implements Route {
  readonly model: string
  readonly version: string
  readonly reason: RouteReason
  readonly alias: string
  readonly assignment: Assignment
  readonly #outlet: ArmOutlet

  constructor(route: Required<Route> & { alias: string; assignment: Assignment }, outlet: ArmOutlet) {
    this.model = route.model
    this.version = route.version
    this.reason = route.reason
    this.alias = route.alias
    this.assignment = route.assignment
    this.#outlet = outlet
  }

  /** Undefined for a route that no experiment made. Costs nothing to speak of. */
  static outletOf(route: Route): ArmOutlet | undefined {
    return #outlet in route ? route.#outlet : undefined
  }
}

/** An answer that is to be counted. */
export interface ServedAnswer {
  readonly reply: InferReply
  readonly request: InferRequest
  /** Milliseconds since 1970. */
  readonly time: number
  /** By which a request is counted that nobody could name. */
  readonly unitOfNobody: () => string
}

/** Count an answer. */
export function countServed(outlet: ArmOutlet, { reply, request, time, unitOfNobody }: ServedAnswer): void {
  const { unit: given, requestId } = request
  const id = (outlet.isDrawn ? (requestId ?? given?.id) : (given?.id ?? requestId)) ?? unitOfNobody()
  outlet.ledger.served({
    arm: outlet.arm,
    unit: id,
    isGiven: given !== undefined && given.isGiven && given.id === id,
    isOverride: outlet.isOverride,
    requestId: requestId ?? id,
    prediction: singlePrediction(reply),
    durationMs: reply.durationMs,
    isCached: reply.isCached,
    isFallback: outlet.isFallback,
    time
  })
}

/** Count a failure for a reason of the server or the model. */
export function countFailed({ ledger, arm, isOverride }: ArmOutlet, durationMs: number): void {
  if (!isOverride) ledger.failed(arm, durationMs)
}
