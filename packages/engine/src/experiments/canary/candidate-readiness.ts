import type { ModelServer } from '../../serving/model-server.ts'
import type { CanaryPlan } from '../experiment.ts'

/** Milliseconds that a candidate may take to get ready in a process that never saw it so. */
const startMs = 30_000

/** Knows since when candidates cannot answer, as this process sees it. */
export class CandidateReadiness {
  readonly #seen = new Map<string, { wasReady: boolean; since: number }>()

  /**
   * Why the candidate of a canary is to be given up. One that was ready is as soon as it is not; one that was never seen
   * ready has half a minute, as after a restart.
   * @param now milliseconds since 1970
   */
  problem(id: string, { model, candidate }: CanaryPlan, models: ModelServer, now: number): string | undefined {
    if (models.isReady(model, candidate)) {
      this.#seen.set(id, { wasReady: true, since: now })
      return undefined
    }
    const seen = this.#seen.get(id) ?? { wasReady: false, since: now }
    this.#seen.set(id, seen)
    if (!seen.wasReady && now - seen.since < startMs) return undefined
    return `version ${candidate} is not ready: ${reasonOf(models, model, candidate)}`
  }

  /** Forget all other canaries: what begins anew under the id of one that is over may have another candidate. */
  keepOnly(ids: ReadonlySet<string>): void {
    for (const id of this.#seen.keys()) if (!ids.has(id)) this.#seen.delete(id)
  }
}

function reasonOf(models: ModelServer, name: string, version: string): string {
  const model = models.models().find(one => one.name === name)
  const status = model?.versions.find(one => one.version === version)
  if (status === undefined) return 'it is not there'
  return status.reason === '' ? status.state.toLowerCase() : status.reason
}
