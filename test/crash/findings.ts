/** What must never be, and was. */
export interface Finding {
  /** The promise that was broken, in a few words that are always the same. */
  promise: string
  /** Where and how, for people. */
  detail: string
}

/** Takes findings down. */
export interface Findings {
  readonly list: readonly Finding[]
  add(promise: string, detail: string): void
  /** Add a finding unless the two texts are equal. */
  equal(promise: string, { got, wanted, where }: { got: string; wanted: string; where: string }): void
}

/** A mismatch can repeat itself endlessly; beyond this many the rest says nothing new. */
const mostKept = 200

export function createFindings(): Findings {
  const list: Finding[] = []
  const add = (promise: string, detail: string): void => {
    if (list.length < mostKept) list.push({ promise, detail })
  }
  return {
    list,
    add,
    equal(promise, { got, wanted, where }) {
      if (got !== wanted) add(promise, `${where}: got ${shortened(got)}, not ${shortened(wanted)}`)
    }
  }
}

function shortened(text: string): string {
  return text.length <= 300 ? text : `${text.slice(0, 300)}… (${text.length} characters)`
}
