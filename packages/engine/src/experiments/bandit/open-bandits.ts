import { Looks } from '../canary/looks.ts'
import type { ControllerDeps } from '../experiment-deps.ts'
import { phaseLedger } from '../phase-ledger.ts'
import { type Distributions, loadDistributions } from '../statistics/distributions.ts'
import { isAdaptive, reweighted } from './reweighted.ts'

/** Adapts weights of experiments. */
export interface Bandits {
  /** From now on: there are models. */
  attach(): void
  /** Look at an experiment now, whatever its interval. */
  look(id: string): Promise<void>
  close(): void
}

/**
 * Adapts the weights of the experiments of a book that are `weighted` by `thompson`, at the intervals that they name. Every
 * process looks; whoever is first writes the new weights, and the others then see that there is nothing left to do.
 */
export function openBandits({ book, ledger, models, log, now, after, random }: ControllerDeps): Bandits {
  let distributions: Distributions | undefined
  const look = async (id: string): Promise<void> => {
    distributions ??= await loadDistributions()
    const kept = book.all.get(id)
    if (kept === undefined || !isAdaptive(kept.record)) return
    const { arms } = kept.record.definition
    const numbers = { tally: phaseLedger(ledger, kept.record).tally(), distributions, now: now() }
    if (reweighted(kept.record, numbers) === kept.record) return
    // What was measured of another phase or other arms says nothing about these.
    const { record } = await book.change(id, present =>
      isAdaptive(present) && present.phase === kept.record.phase && present.definition.arms.length === arms.length
        ? reweighted(present, numbers)
        : present
    )
    const last = record.history.at(-1)
    if (last?.what === 'reweighted') log.debug({ experiment: id, ...last.details }, 'weights follow what arms achieve')
  }
  const looks = new Looks({ after, random, log, look })
  const settle = (): void => {
    if (models() === undefined) return
    const adaptive = [...book.all].filter(([, { record }]) => isAdaptive(record))
    looks.watch(new Map(adaptive.map(([id, { record }]) => [id, record.definition.bandit.intervalSeconds * 1000])))
  }
  const end = book.onChange(settle)
  return {
    attach: settle,
    look,
    close() {
      looks.close()
      end()
    }
  }
}
