import type { Decision, InferReply, InferRequest } from './model-server.ts'

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
  /**
   * A request was answered, from the cache or by a run. Must not throw.
   * @param moment when, in milliseconds by the monotonic clock
   */
  served(reply: InferReply, request: InferRequest, moment: number): void
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
