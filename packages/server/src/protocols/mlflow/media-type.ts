/** What a body is, by its content type. */
export type BodyKind = 'json' | 'csv'

const kinds = new Map<string, BodyKind>([
  ['application/json', 'json'],
  ['text/csv', 'csv']
])

/**
 * What MLflow's scoring server reads: JSON or CSV, with no parameter but the charset UTF-8.
 * @returns the reason where it is another type; JSON where none is named
 */
export function bodyKindOf(contentType: string | undefined): { kind: BodyKind } | { problem: string } {
  if (contentType === undefined) return { kind: 'json' }
  const [type = '', ...parameters] = contentType.split(';').map(part => part.trim().toLowerCase())
  const kind = kinds.get(type)
  const got = contentType.slice(0, 100)
  if (kind === undefined) {
    return {
      problem: `This predictor only supports the following content types: ${[...kinds.keys()].join(', ')}. Got '${got}'.`
    }
  }
  const odd = parameters.find(parameter => !/^charset\s*=\s*"?utf-8"?$/.test(parameter))
  if (odd === undefined) return { kind }
  return { problem: `The only parameter of a content type is charset=utf-8. Got '${got}'.` }
}
