import type { InferReply, InferRequest, Route } from './model-server.ts'

/** Who is assigned to versions: a user, a session or a request. */
export interface Unit {
  /** 1 to 256 characters. */
  readonly id: string
  /** False when the server made the id for this one request, so that nobody can ever come back by it. */
  readonly isGiven: boolean
}

/** Where a request goes. The same object for all requests that go there, so that it costs nothing. */
export interface Decision {
  readonly route: Route
  /** Who answers should that fail for a reason of its own. */
  readonly fallback?: Route | undefined
  /** Who would answer without an experiment, as far as requests are made for it: its names of inputs and outputs hold. */
  readonly madeFor?: Route | undefined
}

/**
 * Decides between versions for requests that name none, and hears what became of them: experiments, canaries and shadows.
 * Called for every request, so what it does is counted in fractions of a microsecond.
 */
export interface Traffic {
  /**
   * Where a request goes. Undefined when nobody has anything to say about it: the version or alias named, or the default,
   * answers. A promise only where the unit has to be looked up elsewhere.
   * @throws {MillraceError} MILL_UNIT_REQUIRED for an experiment that refuses requests without a unit
   */
  decide(request: InferRequest): Decision | undefined | Promise<Decision | undefined>
  /** A request was answered, from the cache or by a run. Must not throw. */
  served(reply: InferReply, request: InferRequest): void
  /**
   * What was decided failed, whatever the reason; told before a fallback is asked. Must not throw.
   * @param isFault whether the reason lies with the version or the server, and not with what was asked
   */
  failed(failed: {
    decision: Decision
    request: InferRequest
    error: unknown
    isFault: boolean
    durationMs: number
  }): void
}
