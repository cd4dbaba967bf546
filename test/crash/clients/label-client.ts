import type { Ask } from '../asking.ts'
import { type Row } from '../ledger.ts'
import { type Client, type LearnerClientDeps, oneOf, parsed, randomRow, refusals } from './client.ts'
import { repeat } from './repeat.ts'

/** A prediction whose label this client will send. */
interface Awaited extends Row {
  predictionId: string
  prediction: number
}

/** How many predictions wait for their labels at most. */
const mostWaiting = 30

/**
 * Asks for predictions and sends their labels later, in any order; now and then a label again, another label for the
 * same prediction, and a label for a prediction that never was.
 * @param options `repeatWindow` is how many of its learner's latest requests it repeats from
 */
export function labelClient(deps: LearnerClientDeps, { repeatWindow }: { repeatWindow: number }): Client {
  const { name, random, asker, findings, ledger, tally } = deps
  const service = ledger.learner
  const waiting: Awaited[] = []
  const done: Awaited[] = []

  async function predict(): Promise<void> {
    const row = randomRow(random)
    const answer = await asker.until({ service, path: '/predict', body: JSON.stringify({ features: row.features }) })
    const { forecast, prediction_id: predictionId } = parsed(answer.body)
    const prediction = (forecast as [{ value: number }] | undefined)?.[0]?.value
    if (typeof prediction !== 'number') {
      return findings.add('a prediction is made', `${service} ${answer.status} ${answer.body}`)
    }
    // A storage that takes too long, on a busy machine, costs the id but not the prediction.
    if (typeof predictionId !== 'string') return tally.count('predictions without an id')
    waiting.push({ ...row, predictionId, prediction })
    tally.count('predictions')
  }

  async function label(): Promise<void> {
    const [awaited] = waiting.splice(random.randint(0, waiting.length - 1), 1)
    if (awaited === undefined) return
    const { predictionId, prediction, features, target } = awaited
    const ask = askFor(predictionId, target)
    const answer = await asker.until(ask)
    const isLearned = answer.status === 200
    if (isLearned) {
      const wanted = replyTo(awaited)
      findings.equal('a label finds the prediction as it was made', { got: answer.body, wanted, where: service })
    } else if (!refusals.has(parsed(answer.body)['code'])) {
      return findings.add(
        'an answered prediction waits for its label',
        `${predictionId} ${answer.status} ${answer.body}`
      )
    }
    const key = `prediction ${predictionId}` as const
    ledger.note({ ask, answer, tellsRepeat: isLearned }, [{ key, features, target, isLearned, prediction }])
    // What was refused may come again with another label.
    if (isLearned) done.push(awaited)
    tally.count(isLearned ? 'labels' : 'refused observations')
  }

  function askFor(predictionId: string, actual: number): Ask {
    return { service, path: '/feedback', body: JSON.stringify({ prediction_id: predictionId, actual }) }
  }

  async function correct(): Promise<void> {
    const labelled = oneOf(random, done.slice(-repeatWindow))
    if (labelled === undefined) return
    const { status, body } = await asker.until(askFor(labelled.predictionId, labelled.target + 1))
    if (status !== 409 || parsed(body)['code'] !== 'MILL_LABEL_CONFLICT') {
      findings.add('a prediction has one label', `${labelled.predictionId}: ${status} ${body}`)
    }
    tally.count('conflicts')
  }

  async function labelNothing(): Promise<void> {
    const { status, body } = await asker.until(askFor(`${name}-unknown`, 1))
    if (status !== 404) findings.add('a label needs a prediction', `${status} ${body}`)
    tally.count('invalid requests')
  }

  async function repeatOld(): Promise<void> {
    const old = oneOf(random, ledger.answered.slice(-repeatWindow))
    if (old !== undefined) await repeat(old, deps)
  }

  return {
    async turn() {
      const dice = random.random()
      if (dice < 0.04) await repeatOld()
      else if (dice < 0.06) await correct()
      else if (dice < 0.07) await labelNothing()
      else if (waiting.length === 0 || (dice < 0.5 && waiting.length < mostWaiting)) await predict()
      else await label()
    }
  }
}

/** What the service answers to the right label, word for word. */
function replyTo({ predictionId, prediction, target }: Awaited): string {
  return JSON.stringify({
    prediction_id: predictionId,
    prediction,
    actual: target,
    error: target - prediction,
    status: 'learned'
  })
}
