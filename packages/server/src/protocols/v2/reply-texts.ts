import type { Route } from '@millrace/engine'

/** What of the JSON of a reply is the same for all of one route. */
export interface ReplyTexts {
  /** Up to the id of the reply. */
  readonly opening: string
  /** From the id to the first output. */
  readonly middle: string
  /** The same of an answer from the cache. */
  readonly cachedMiddle: string
}

const known = new WeakMap<Route, ReplyTexts>()

/** Made once for each route, so that what experiments have to tell costs a reply no more than its bytes. */
export function replyTexts(route: Route): ReplyTexts {
  const found = known.get(route)
  if (found !== undefined) return found
  const { model, version } = route
  const told = experimentMembers(route)
  const made = {
    opening: `{"model_name":${JSON.stringify(model)},"model_version":${JSON.stringify(version)},"id":`,
    middle: middleOf(told),
    cachedMiddle: middleOf({ cached: true, ...told })
  }
  known.set(route, made)
  return made
}

function experimentMembers({ reason, assignment }: Route): object {
  if (assignment === undefined) return {}
  const { experiment, arm, probability, isSticky: sticky } = assignment
  return { route_reason: reason, experiment, arm, probability, sticky }
}

function middleOf(parameters: object): string {
  const isEmpty = Object.keys(parameters).length === 0
  return isEmpty ? ',"outputs":[' : `,"parameters":${JSON.stringify(parameters)},"outputs":[`
}
