import type { PythonRandom } from '@millrace/common'
import type { Asker } from '../asking.ts'
import type { Findings } from '../findings.ts'
import type { Ledger, Row } from '../ledger.ts'
import type { Tally } from '../tally.ts'

/** Does one piece of work after the other, each to its end, whatever happens to the program meanwhile. */
export interface Client {
  /** One piece of work. Resolves when it is answered. */
  turn(): Promise<void>
}

/** What a client is given. */
export interface ClientDeps {
  /** Unique among all clients; part of its ids. */
  name: string
  random: PythonRandom
  asker: Asker
  findings: Findings
  /** Counts what was done, by kind. */
  tally: Tally
}

/** What a client of a learner is given. */
export interface LearnerClientDeps extends ClientDeps {
  ledger: Ledger
}

/** The names that most rows have. */
const usualNames = ['in_1', 'in_2', 'in_3', 'in_4', 'in_5', 'in_6'] as const

/** Six features and a target that depends on them; few rows have a name more, and very few are far out. */
export function randomRow(random: PythonRandom): Row {
  const values = usualNames.map(() => random.gauss(0, 1))
  const features: Record<string, number> = Object.fromEntries(usualNames.map((name, index) => [name, values[index]!]))
  if (random.random() < 0.03) features[`extra_${random.randint(1, 40)}`] = random.random()
  const scale = random.random() < 0.002 ? 1e9 : 1
  const target = scale * (10 * values[0]! + values[1]! * values[2]! + random.gauss(0, 1))
  return { features, target }
}

/** One of the items, each as likely. */
export function oneOf<Item>(random: PythonRandom, items: readonly Item[]): Item | undefined {
  return items.length === 0 ? undefined : items[random.randint(0, items.length - 1)]
}

/** The reply as an object; an empty one when it is not JSON, so that what is missing is found missing. */
export function parsed(body: string): Record<string, unknown> {
  try {
    return JSON.parse(body) as Record<string, unknown>
  } catch {
    return {}
  }
}

/** The codes by which a learner refuses an observation for what it says. */
export const refusals: ReadonlySet<unknown> = new Set([
  'MILL_FEATURE_LIMIT',
  'MILL_LEARN_DIVERGED',
  'MILL_MEMORY_LIMIT',
  'MILL_VALUE_NOT_FINITE',
  'MILL_VALUE_OUT_OF_RANGE'
])
