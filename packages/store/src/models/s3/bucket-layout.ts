import { byName, type FoundFile, type FoundModel, type FoundRepository, isListedName } from '../found-model.ts'
import type { BucketObject } from './bucket.ts'

/** What an object is as a file of a model; objects are written at once, so none is ever half there. */
export function toFile(object: BucketObject): FoundFile {
  const name = object.key.slice(object.key.lastIndexOf('/') + 1)
  return { name, address: object.key, bytes: object.bytes, stamp: object.etag, isSettled: true }
}

/** Find the models below a prefix: `<model>/<version>/<file>`, `<model>/config.json` and files beside the models. */
export function arrangeObjects(prefix: string, objects: readonly BucketObject[]): FoundRepository {
  const files: FoundFile[] = []
  const models = new Map<string, { config: FoundFile | undefined; versions: Map<string, FoundFile[]> }>()
  for (const object of objects) {
    const steps = object.key.slice(prefix.length).split('/')
    const [model, version] = steps as [string, string]
    if (steps.length > 3 || !steps.every(isListedName)) continue
    if (steps.length === 1) {
      files.push(toFile(object))
      continue
    }
    const found = models.get(model) ?? { config: undefined, versions: new Map<string, FoundFile[]>() }
    models.set(model, found)
    if (steps.length === 3) found.versions.set(version, [...(found.versions.get(version) ?? []), toFile(object)])
    else if (version === 'config.json') found.config = toFile(object)
  }
  return { models: [...models].map(([name, found]) => toModel(name, found)), files: files.toSorted(byName) }
}

function toModel(
  name: string,
  { config, versions }: { config: FoundFile | undefined; versions: Map<string, FoundFile[]> }
): FoundModel {
  const named = [...versions].map(([version, files]) => ({ name: version, version, files: files.toSorted(byName) }))
  return { name, config, versions: named.toSorted(byName) }
}
