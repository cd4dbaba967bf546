import type { Distributions } from './distributions.ts'
import type { Interval } from './results.ts'

/** How often something happened. */
export interface Rate {
  readonly n: number
  /** 0 to n. */
  readonly successes: number
}

/** Two rates to be compared. */
export interface RatePair {
  readonly control: Rate
  readonly arm: Rate
  /** Chance of an error, however often one looks. */
  readonly alpha: number
}

/** What is known of two rates at all times together. */
export interface RateIntervals {
  /** Of arm minus control. */
  readonly difference: Interval
  /** Of arm over control; the upper end may be Infinity. */
  readonly ratio: Interval
}

/**
 * Compare two rates exactly: the evidence is a martingale at every number of requests from the first one on, however few
 * successes there are, and in whatever way requests come to arms, looking at what came of others among them. It is the
 * product of what a beta mixture gains against a rate on each arm. The intervals hold all differences and ratios of such
 * pairs of rates as the evidence against is below 1 / alpha.
 * The price is width: about 5 standard errors for thousands of requests, where a confidence sequence has 3. Costs 0.2 ms.
 * @see Robbins, "Statistical methods related to the law of the iterated logarithm", Ann. Math. Statist. 41 (1970) 1397-1409
 */
export function rateSequence(distributions: Distributions, { control, arm, alpha }: RatePair): RateIntervals {
  const ofControl = evidenceAgainst(distributions, control)
  const ofArm = evidenceAgainst(distributions, arm)
  const excess = (p: number, other: number): number => ofControl.log(p) + ofArm.log(other) + Math.log(alpha)
  const ofDifference = (d: number): number => {
    const p = zeroOf(at => ofControl.slope(at) + ofArm.slope(at + d), Math.max(0, -d), Math.min(1, 1 - d))
    return excess(p, p + d)
  }
  const ofRatio = (r: number): number => {
    const p = zeroOf(at => ofControl.slope(at) + r * ofArm.slope(at * r), 0, Math.min(1, 1 / r))
    return excess(p, p * r)
  }
  const [a, b] = [centre(control), centre(arm)]
  return {
    difference: [edge(ofDifference, b - a, -1), edge(ofDifference, b - a, 1)],
    ratio: ratioEdges(ofRatio, b / a)
  }
}

/**
 * Within what a rate lies at all times together, exactly.
 * @see rateSequence
 */
export function rateInterval(distributions: Distributions, rate: Rate, alpha: number): Interval {
  const evidence = evidenceAgainst(distributions, rate)
  const excess = (p: number): number => evidence.log(p) + Math.log(alpha)
  return [edge(excess, centre(rate), 0), edge(excess, centre(rate), 1)]
}

/** Successes and failures that an arm begins with; Jeffreys' prior. */
const prior = 0.5

/** The rate that there is least evidence against, but inside even where all or none succeeded. */
const centre = ({ n, successes }: Rate): number => (successes + prior) / (n + 2 * prior)

interface RateEvidence {
  /** Logarithm of what betting against the rate p would have made of 1; convex in p and in log p. */
  readonly log: (p: number) => number
  readonly slope: (p: number) => number
}

function evidenceAgainst(distributions: Distributions, { n, successes }: Rate): RateEvidence {
  const failures = n - successes
  const mixture = distributions.logBeta(prior + successes, prior + failures) - distributions.logBeta(prior, prior)
  return {
    log: p => mixture - times(successes, Math.log(p)) - times(failures, Math.log1p(-p)),
    slope: p => times(failures, 1 / (1 - p)) - times(successes, 1 / p)
  }
}

/** With 0 * Infinity being 0. */
const times = (count: number, value: number): number => (count === 0 ? 0 : count * value)

/** Where a rising function is 0, by halving; the end that is nearest if it never is. */
function zeroOf(rising: (x: number) => number, low: number, high: number): number {
  let [from, to] = [low, high]
  for (let step = 0; step < 50; step++) {
    const middle = (from + to) / 2
    if (rising(middle) < 0) from = middle
    else to = middle
  }
  return (from + to) / 2
}

/** Where a function that is below 0 at `inside` gets above 0 on the way to `outside`; `outside` if it never does. */
function edge(excess: (x: number) => number, inside: number, outside: number): number {
  let near = inside
  let far = outside
  for (let step = 0; step < 50; step++) {
    const middle = (near + far) / 2
    if (excess(middle) < 0) near = middle
    else far = middle
  }
  return far
}

/** Logarithm of how much further than what was observed a ratio is looked for. */
const farRatio = 50

function ratioEdges(excess: (ratio: number) => number, inside: number): Interval {
  const end = (sign: 1 | -1): number => {
    const from = Math.log(inside)
    const to = from + sign * farRatio
    if (excess(Math.exp(to)) < 0) return sign === 1 ? Infinity : 0
    return Math.exp(edge(log => excess(Math.exp(log)), from, to))
  }
  return [end(-1), end(1)]
}
