import { setTimeout as pause } from 'node:timers/promises'
import type { Ask } from '../asking.ts'
import type { RowKey, RowOutcome } from '../ledger.ts'
import { type Client, type LearnerClientDeps, oneOf, parsed, randomRow, refusals } from './client.ts'
import { repeat } from './repeat.ts'

/** Longest batch that it sends. */
const most = 64

/** Its longest rest between two requests, in milliseconds: single requests are to have their turn. */
const longestRestMs = 30

/**
 * Sends batches, whose observations have ids of their own or those that the header gives them; now and then a batch
 * that came before.
 * @param options `repeatWindow` is how many of its learner's latest requests it repeats from
 */
export function batchClient(deps: LearnerClientDeps, { repeatWindow }: { repeatWindow: number }): Client {
  const { name, random, asker, findings, ledger, tally } = deps
  let number = 0

  async function learnNew(): Promise<void> {
    const key = `${name}-${(number += 1)}`
    const rows = Array.from({ length: random.randint(1, most) }, () => randomRow(random))
    const isInHeader = random.random() < 0.3
    const observations = isInHeader ? rows : rows.map((row, at) => ({ ...row, observation_id: `${key}/${at}` }))
    const body = JSON.stringify({ observations })
    const ask: Ask = { service: ledger.learner, path: '/predict_learn/batch', body, ...(isInHeader ? { key } : {}) }
    const answer = await asker.until(ask)
    const outcomes = outcomesOf(
      rows.map((row, at) => ({ ...row, key: `observation ${key}/${at}` as RowKey })),
      parsed(answer.body)
    )
    if (answer.status !== 200 || outcomes === undefined) {
      return findings.add('a valid batch is answered', `${answer.status} ${answer.body.slice(0, 300)}`)
    }
    const learned = outcomes.filter(({ isLearned }) => isLearned).length
    ledger.note({ ask, answer, tellsRepeat: learned === rows.length }, outcomes)
    tally.count('batches')
    tally.count('observations', learned)
    tally.count('refused observations', rows.length - learned)
  }

  return {
    async turn() {
      const old = random.random() < 0.08 ? oneOf(random, ledger.answered.slice(-repeatWindow)) : undefined
      if (old === undefined) await learnNew()
      else await repeat(old, deps)
      await pause(random.uniform(0, longestRestMs))
    }
  }
}

/** What the reply says of each row; undefined when it does not say something of each. */
function outcomesOf(
  rows: readonly Pick<RowOutcome, 'key' | 'features' | 'target'>[],
  reply: Record<string, unknown>
): RowOutcome[] | undefined {
  const predictions = Array.isArray(reply['predictions']) ? (reply['predictions'] as unknown[]) : []
  const errors = Array.isArray(reply['errors']) ? (reply['errors'] as { index: number; code: string }[]) : []
  const refused = new Set(errors.filter(({ code }) => refusals.has(code)).map(({ index }) => index))
  const isWhole = rows.every((_, at) => (typeof predictions[at] === 'number') !== refused.has(at))
  if (!isWhole || predictions.length !== rows.length || errors.length !== refused.size) return undefined
  return rows.map((row, at) => {
    const prediction = predictions[at]
    const isLearned = typeof prediction === 'number'
    return { ...row, isLearned, prediction: isLearned ? prediction : undefined }
  })
}
