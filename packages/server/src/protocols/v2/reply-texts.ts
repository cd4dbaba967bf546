import type { Route } from '@millrace/engine'
import { onceForEach } from '../../once-for-each.ts'

/** What of the JSON of a reply is the same for all of one route. */
export interface ReplyTexts {
  /** Up to the id of the reply. */
  readonly opening: string
  /** From the id to the first output. */
  readonly middle: string
  /** The same of an answer from the cache. */
  readonly cachedMiddle: string
}

/** Made once for each route, so that what experiments have to tell costs a reply no more than its bytes. */
export const replyTexts = onceForEach((route: Route): ReplyTexts => {
  const { model, version } = route
  const told = experimentMembers(route)
  return {
    opening: `{"model_name":${JSON.stringify(model)},"model_version":${JSON.stringify(version)},"id":`,
    middle: middleOf(told),
    cachedMiddle: middleOf({ cached: true, ...told })
  }
})

function experimentMembers({ reason, assignment }: Route): object {
  if (assignment === undefined) return {}
  const { experiment, arm, probability, isSticky: sticky } = assignment
  return { route_reason: reason, experiment, arm, probability, sticky }
}

function middleOf(parameters: object): string {
  const isEmpty = Object.keys(parameters).length === 0
  return isEmpty ? ',"outputs":[' : `,"parameters":${JSON.stringify(parameters)},"outputs":[`
}
