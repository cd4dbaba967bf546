/** One entry of an `Accept` header. */
interface Range {
  type: string
  /** 0 to 1; 0 refuses. */
  quality: number
  /** Where it stands in the header. */
  position: number
}

/** How well an offer is liked; compared from left to right. */
type Rank = readonly [quality: number, specificity: number, order: number]

/**
 * The offer that a client likes best, by the rules of RFC 9110, section 12.5.1: the highest quality, then what is named
 * over what a wildcard takes, then what the client names first, then what the server offers first. A client that says
 * nothing, or takes none of it, gets the first offer.
 * @param accept the header `Accept`
 * @param offers media types without parameters, in lower case
 */
export function preferredType<Offer extends string>(
  accept: string | undefined,
  offers: readonly [Offer, ...Offer[]]
): Offer {
  if (accept === undefined || accept === '*/*') return offers[0]
  const ranges = accept.split(',', mostRanges).map(rangeOf)
  let best: { offer: Offer; rank: Rank } | undefined
  for (const offer of offers) {
    const rank = rankOf(offer, ranges)
    if (rank[0] > 0 && (best === undefined || isBetter(rank, best.rank))) best = { offer, rank }
  }
  return best?.offer ?? offers[0]
}

/** A header with more is cut, so that none takes long to read. */
const mostRanges = 50

function rangeOf(text: string, position: number): Range {
  const [type = '', ...parameters] = text.split(';').map(part => part.trim().toLowerCase())
  const weight = parameters.find(parameter => parameter.startsWith('q='))
  const quality = weight === undefined ? 1 : Number(weight.slice(2))
  return { type, quality: quality >= 0 && quality <= 1 ? quality : 0, position }
}

/** The most specific range that takes the offer decides its quality. */
function rankOf(offer: string, ranges: readonly Range[]): Rank {
  const wildcards = ['*/*', `${offer.slice(0, offer.indexOf('/'))}/*`, offer]
  for (let specificity = wildcards.length - 1; specificity >= 0; specificity--) {
    const range = ranges.find(({ type }) => type === wildcards[specificity])
    if (range === undefined) continue
    const isNamed = specificity === wildcards.length - 1
    return [range.quality, specificity, isNamed ? -range.position : -Infinity]
  }
  return [0, 0, -Infinity]
}

function isBetter(rank: Rank, other: Rank): boolean {
  const place = rank.findIndex((value, index) => value !== other[index])
  return place !== -1 && rank[place]! > other[place]!
}
