/** Which methods each path of an app answers, to tell 405 from 404. */
export class AllowedMethods {
  readonly #methods = new Map<string, Set<string>>()
  /** Made when a path is first asked for: few starts see one, and each has a hundred routes. */
  #patterns: readonly { readonly pattern: RegExp; readonly methods: ReadonlySet<string> }[] | undefined

  /**
   * @param url as given to Fastify: parts beginning with `:` stand for any text without a slash, or for what the pattern in
   *   parentheses after the name allows; `::` and what follows end a part literally, with one colon
   */
  add(url: string, methods: string | readonly string[]): void {
    const known = this.#methods.get(url) ?? new Set()
    for (const method of [methods].flat()) known.add(method)
    this.#methods.set(url, known)
    this.#patterns = undefined
  }

  /** Methods of the routes that a path without its query matches, in alphabetical order; none for an unknown path. */
  of(path: string): string[] {
    this.#patterns ??= [...this.#methods].map(([url, methods]) => ({ pattern: patternOf(url), methods }))
    const matching = this.#patterns.filter(({ pattern }) => pattern.test(path))
    return [...new Set(matching.flatMap(({ methods }) => [...methods]))].toSorted()
  }
}

function patternOf(url: string): RegExp {
  // A slash in parentheses is part of a pattern.
  const parts = url.split(/\/(?![^(]*\))/).map(partPattern)
  return new RegExp(`^${parts.join('/')}/?$`)
}

function partPattern(part: string): string {
  const parameter = /^:\w+(?:\(\^(.+)\))?(?:::(.+))?$/.exec(part)
  if (parameter === null) return part.startsWith(':') ? '[^/]+' : literal(part)
  const [, pattern = '[^/]+', ending] = parameter
  return ending === undefined ? pattern : `${pattern}:${literal(ending)}`
}

function literal(text: string): string {
  return text.replace(/[^\w-]/g, '\\$&')
}
