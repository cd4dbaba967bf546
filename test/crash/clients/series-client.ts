import { type Client, type ClientDeps, oneOf, parsed } from './client.ts'
import type { Answered } from '../ledger.ts'
import { repeat } from './repeat.ts'

/** Lags that the program makes when nothing else is set. */
export const lags = 15

/** What clients of one series note together. */
export interface SeriesLedger {
  readonly seriesId: string
  readonly answered: Answered[]
  /** Value to the value that it found in front of it, undefined for none; values are all different. */
  readonly before: Map<number, number | undefined>
}

export function createSeriesLedger(seriesId: string): SeriesLedger {
  return { seriesId, answered: [], before: new Map() }
}

/**
 * Adds values that no other client adds, each with an id; now and then one that came before.
 * @param options `base` is added to each value; when the client `isAlone` on its series, it knows every reply beforehand
 */
export function seriesClient(
  deps: ClientDeps,
  options: { ledger: SeriesLedger; base: number; isAlone: boolean; repeatWindow: number }
): Client {
  const { name, random, asker, findings, tally } = deps
  const { ledger, base, isAlone, repeatWindow } = options
  const { seriesId } = ledger
  const values: number[] = []

  async function add(): Promise<void> {
    const value = base + values.length
    const id = `${name}-${values.length}`
    const body = JSON.stringify({ series_id: seriesId, value, observation_id: id })
    const ask = { service: 'features', path: '/add', body }
    const answer = await asker.until(ask)
    const reply = parsed(answer.body)
    if (answer.status !== 200) return findings.add('a value is added', `${answer.status} ${answer.body}`)
    if (answer.isReplay && answer.attempts === 1) findings.add('a new id is new', `series ${seriesId} ${id}`)
    const wanted = replyTo(seriesId, value, values)
    if (isAlone) findings.equal('a value finds those before it, in order', { got: answer.body, wanted, where: id })
    const { in_1: before } = (reply['features'] ?? {}) as Record<string, number>
    ledger.before.set(value, reply['available_lags'] === 0 ? undefined : before)
    ledger.answered.push({ ask, answer, tellsRepeat: true })
    values.push(value)
    tally.count('values')
  }

  return {
    async turn() {
      const old = random.random() < 0.08 ? oneOf(random, ledger.answered.slice(-repeatWindow)) : undefined
      if (old === undefined) await add()
      else await repeat(old, deps)
    }
  }
}

/** What `/add` answers when `values` came before, word for word. */
function replyTo(seriesId: string, value: number, values: readonly number[]): string {
  const names = Array.from({ length: lags }, (_, index) => `in_${index + 1}`)
  const features = Object.fromEntries(names.map((name, index) => [name, values.at(-1 - index) ?? 0]))
  const available = Math.min(lags, values.length)
  return JSON.stringify({ series_id: seriesId, features, target: value, available_lags: available })
}

/** Every acknowledged value is in one chain, each once: the first finds nothing, every other one another value. */
export function checkChain({ seriesId, before }: SeriesLedger, add: (promise: string, detail: string) => void): void {
  const promise = 'every value is in its series once'
  const after = new Map<number | undefined, number>()
  for (const [value, previous] of before) {
    const other = after.get(previous)
    if (other !== undefined) add(promise, `${seriesId}: ${value} and ${other} both came after ${previous}`)
    after.set(previous, value)
  }
  let length = 0
  for (let value = after.get(undefined); value !== undefined && length <= before.size; value = after.get(value))
    length++
  if (length !== before.size) add(promise, `${seriesId}: ${length} values in order, ${before.size} acknowledged`)
}
