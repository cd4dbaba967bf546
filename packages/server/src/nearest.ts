/** The name most like `given`, or nothing when none is within a third of its letters: a "did you mean" hint. */
export function nearest(given: string, names: readonly string[]): string | undefined {
  const ranked = names
    .map(name => ({ name, edits: editDistance(given, name) }))
    .filter(({ edits }) => edits <= given.length / 3)
    .toSorted((a, b) => a.edits - b.edits)
  return ranked[0]?.name
}

/** Levenshtein distance: inserted, deleted and replaced letters that lead from one text to the other. */
function editDistance(from: string, to: string): number {
  let previous = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let i = 0; i < from.length; i++) {
    const current = [i + 1]
    for (let j = 0; j < to.length; j++) {
      const replaced = previous[j]! + (from[i] === to[j] ? 0 : 1)
      current.push(Math.min(replaced, previous[j + 1]! + 1, current[j]! + 1))
    }
    previous = current
  }
  return previous[to.length]!
}
