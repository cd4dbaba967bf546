/** The parts of a path below `/v2/models/:model`. */
export interface VersionParams {
  model: string
  version?: string
}

/** Add a route for the default version of a model and one for a version that is named. */
export function forEachPath(
  ending: string,
  operationId: string,
  add: (url: string, operationId: string) => void
): void {
  add(`/v2/models/:model${ending}`, operationId)
  add(`/v2/models/:model/versions/:version${ending}`, `${operationId}Version`)
}
