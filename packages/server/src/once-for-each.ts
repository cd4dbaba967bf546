/**
 * A function that makes something of an object once, and tells the same as long as the object lives. What throws is made
 * anew. Costs one look-up.
 */
export function onceForEach<Of extends WeakKey, Made extends object>(make: (of: Of) => Made): (of: Of) => Made {
  const known = new WeakMap<Of, Made>()
  return of => {
    const found = known.get(of)
    if (found !== undefined) return found
    const made = make(of)
    known.set(of, made)
    return made
  }
}
