import { MillraceError } from '@millrace/common'
import { notReady } from '../../serving/serving-errors.ts'
import type { ControllerDeps } from '../experiment-deps.ts'
import { invalidExperiment } from '../experiment-errors.ts'
import type { Canaries, CanaryView } from '../experiments.ts'
import { phaseId } from '../phase-id.ts'
import { idOf } from '../shadow/draft-fields.ts'
import { CanaryKeeper } from './canary-keeper.ts'
import { type ReadPlan, readCanaryPlan } from './canary-plan.ts'
import {
  asCanary,
  checkGoesOn,
  checkOver,
  ended,
  isOver,
  newCanary,
  type RecordOfCanary,
  withVerdict
} from './canary-record.ts'

/** Canaries, and what those who keep them need. */
export interface OpenCanaries extends Canaries {
  /** Look after what goes on from now on: there are models. */
  attach(): void
  /** Look at a canary now, whatever its interval. */
  look(id: string): Promise<void>
  close(): void
}

/** Ids that are tried for a canary that was given none. */
const mostIds = 1000

/**
 * Canaries of a book. Each is a record of an experiment with the arms `control` and `canary`, so that requests are routed
 * and counted as those of experiments are; its steps move shares, and its end moves an alias.
 */
export function openCanaries(deps: ControllerDeps): OpenCanaries {
  const { book, ledger, now } = deps
  const keeper = new CanaryKeeper(deps)
  const change = async (id: string, make: (record: RecordOfCanary) => RecordOfCanary): Promise<CanaryView> => {
    await keeper.change(id, record => {
      checkGoesOn(record)
      return make(record)
    })
    return keeper.view(id)
  }
  return {
    attach: () => keeper.settle(),
    look: id => keeper.look(id),
    close: () => keeper.close(),
    list: () => keeper.all().map(({ definition }) => keeper.view(definition.id)),
    get: id => keeper.view(id),
    async start(draft) {
      const models = deps.models()
      if (models === undefined) throw notReady({ model: String(draft['model']) }, 'the server starts')
      const read = readCanaryPlan(draft, models)
      const rival = keeper.all().find(record => !isOver(record) && isRival(record, read))
      const faults = rival === undefined ? read.faults : [...read.faults, rivalFault(rival)]
      if (faults.length > 0) throw invalidExperiment(faults)
      await keeper.load()
      const id = await create(deps, read)
      return keeper.view(id)
    },
    freeze: id =>
      change(id, record => {
        if (record.canary.verdict === 'frozen') return record
        return withVerdict(record, 'frozen', { at: now(), what: 'frozen' })
      }),
    resume: id =>
      change(id, record => {
        const { verdict, plan, requestsBefore } = record.canary
        if (verdict === 'running') return record
        const all = requestsBefore[0] + keeper.numbers(record).requests.canary
        const maxRequests = verdict === 'undecided' ? all + plan.maxRequests : plan.maxRequests
        const resumed = { ...record, canary: { ...record.canary, plan: { ...plan, maxRequests } } }
        return withVerdict(resumed, 'running', { at: now(), what: 'resumed', details: { maxRequests } })
      }),
    async promote(id) {
      const { definition } = keeper.record(id)
      if (deps.models() === undefined) throw notReady({ model: definition.model }, 'the server starts')
      await keeper.load()
      const record = keeper.record(id)
      const details = { reason: 'by hand', step: record.canary.step, ...keeper.numbers(record) }
      await keeper.promotion.promote(id, { details, isStill: isGoingOn })
      return keeper.view(id)
    },
    rollBack: (id, reason = 'by hand') =>
      change(id, record => {
        const { step } = record.canary
        return ended(record, 'rolled_back', { at: now(), details: { reason, step, ...keeper.numbers(record) } })
      }),
    async remove(id) {
      const { phase } = keeper.record(id)
      await book.remove(id, record => {
        const canary = asCanary(record)
        if (canary !== undefined) checkOver(canary)
      })
      for (let past = 1; past <= phase; past++) await ledger.forget(phaseId(id, past))
    }
  }
}

/** Whatever step it has come to meanwhile. @throws {MillraceError} MILL_EXPERIMENT_STATE */
function isGoingOn(record: RecordOfCanary): true {
  checkGoesOn(record)
  return true
}

/** Only one can compare with what the alias stands for. */
function isRival({ canary: { plan } }: RecordOfCanary, { plan: { model, alias } }: ReadPlan): boolean {
  return plan.model === model && plan.alias === alias
}

function rivalFault({ definition: { id, model, alias } }: RecordOfCanary): { place: string[]; message: string } {
  return { place: ['alias'], message: `alias must have no canary yet, but canary ${id} stands on ${alias} of ${model}` }
}

/** @returns its id: the one that is wanted, or else the first that is free */
async function create({ book, now }: ControllerDeps, read: ReadPlan): Promise<string> {
  const { model, candidate } = read.plan
  const standard = idOf(model, candidate)
  for (let attempt = 1; ; attempt++) {
    const id = read.id ?? (attempt === 1 ? standard : `${standard.slice(0, 59)}-${attempt}`)
    const definition = { ...read.definition, id, seed: id }
    try {
      await book.create(newCanary({ ...read, definition }, { at: now() }))
      return id
    } catch (error) {
      const isTaken = error instanceof MillraceError && error.code === 'MILL_EXPERIMENT_EXISTS'
      if (!isTaken || read.id !== undefined || attempt === mostIds) throw error
    }
  }
}
