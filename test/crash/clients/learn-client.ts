import type { Ask, LateAnswer } from '../asking.ts'
import type { Row } from '../ledger.ts'
import { type Client, type LearnerClientDeps, oneOf, parsed, randomRow, refusals } from './client.ts'
import { repeat } from './repeat.ts'

/** An observation that this client has had learned. */
interface Taught extends Row {
  id: string
}

/**
 * Sends single observations to `/predict_learn` and `/train`, each with an id of its own in the body or the header; now
 * and then one that came before, one that is not valid, and another one under an id that is used.
 * @param options `repeatWindow` is how many of its latest requests it repeats from
 */
export function learnClient(deps: LearnerClientDeps, { repeatWindow }: { repeatWindow: number }): Client {
  const { name, random, asker, findings, ledger, tally } = deps
  const service = ledger.learner
  const mine: Taught[] = []
  let number = 0

  async function learnNew(): Promise<void> {
    const taught = { id: `${name}-${(number += 1)}`, ...randomRow(random) }
    const ask = askFor(taught)
    const answer = await asker.until(ask)
    take(ask, taught, answer)
  }

  function askFor({ id, features, target }: Taught): Ask {
    const path = random.random() < 0.7 ? '/predict_learn' : '/train'
    if (random.random() < 0.2) return { service, path, key: id, body: JSON.stringify({ features, target }) }
    return { service, path, body: JSON.stringify({ features, target, observation_id: id }) }
  }

  function take(ask: Ask, taught: Taught, answer: LateAnswer): void {
    const { code, prediction } = parsed(answer.body)
    const isLearned = answer.status === 200
    if (!isLearned && !refusals.has(code)) {
      return findings.add('a valid observation is learned', `${ask.path} ${answer.status} ${answer.body}`)
    }
    if (answer.isReplay && answer.attempts === 1) findings.add('a new id is new', `${service} ${taught.id}`)
    const { id, features, target } = taught
    const told = typeof prediction === 'number' ? prediction : undefined
    ledger.note({ ask, answer, tellsRepeat: isLearned }, [
      { key: `observation ${id}`, features, target, isLearned, prediction: told }
    ])
    // The id of what was refused may come again with something else.
    if (isLearned) mine.push(taught)
    tally.count(isLearned ? 'observations' : 'refused observations')
  }

  async function repeatOld(): Promise<void> {
    const old = oneOf(random, ledger.answered.slice(-repeatWindow))
    if (old !== undefined) await repeat(old, deps)
  }

  async function sendInvalid(): Promise<void> {
    const body = JSON.stringify({ features: { in_1: 1 }, target: 'one', observation_id: `${name}-invalid` })
    const { status } = await asker.until({ service, path: '/predict_learn', body })
    if (status !== 422) findings.add('what is not valid is refused', `${service} answered ${status}`)
    tally.count('invalid requests')
  }

  async function sendConflict(): Promise<void> {
    const taken = oneOf(random, mine.slice(-repeatWindow))
    if (taken === undefined) return
    const body = JSON.stringify({ features: taken.features, target: taken.target + 1, observation_id: taken.id })
    const { status, body: reply } = await asker.until({ service, path: '/train', body })
    if (status !== 422 || parsed(reply)['code'] !== 'MILL_ID_CONFLICT') {
      findings.add('an id stands for one observation', `${service} ${taken.id}: ${status} ${reply}`)
    }
    tally.count('conflicts')
  }

  return {
    async turn() {
      const dice = random.random()
      if (dice < 0.08) await repeatOld()
      else if (dice < 0.1) await sendInvalid()
      else if (dice < 0.12) await sendConflict()
      else await learnNew()
    }
  }
}
