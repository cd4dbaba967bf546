import { MillraceError } from '@millrace/common'
import type { Experiments, ExperimentView, ModelServer, ModelStatus } from '@millrace/engine'
import type { JsonObject } from '../documents/body-reader.ts'
import type { Logger } from '../logger.ts'
import { createOutages, type Outages } from '../outages.ts'
import {
  abTestId,
  type AbTestWishes,
  changed,
  draftOf,
  faultsOfChange,
  missingVersion,
  wishesOf
} from './ab-test-config.ts'
import { invalidDefinition } from './invalid-definition.ts'

/** Who wrote the experiment, by the history. */
const bySettings = 'settings'
const byApi = 'api'

/** Times that a change is tried again when another process is faster. */
const mostAttempts = 50

/** What {@link AbTest} is given. */
export interface AbTestDeps {
  readonly experiments: Pick<Experiments, 'list' | 'put' | 'pause'>
  readonly models: Pick<ModelServer, 'models'>
  /** Name of the model that answers lists of features. */
  readonly model: string
  /** What holds until somebody configures something else. */
  readonly settings: Pick<AbTestWishes, 'enabled' | 'split_ratio' | 'models'>
  readonly log: Pick<Logger, 'warn'>
}

/** How the A/B test stands. */
export interface AbTestState {
  readonly wishes: AbTestWishes
  /** Undefined before there is one. */
  readonly view: ExperimentView | undefined
  /** Why requests are not divided as configured; undefined while they are. */
  readonly reason: string | undefined
  readonly source: 'settings' | 'api'
}

/**
 * The documented A/B test: one experiment on the model that answers lists of features. It is what the settings say until
 * somebody configures it.
 */
export class AbTest {
  readonly #deps: AbTestDeps
  readonly #settings: AbTestWishes
  /** The last change that is under way: changes follow each other. */
  #change: Promise<unknown> = Promise.resolve()
  readonly #outages: Outages

  constructor(deps: AbTestDeps) {
    this.#deps = deps
    this.#settings = { ...deps.settings, strategy: 'random', weights: 'fixed' }
    this.#outages = createOutages({
      failed: error => deps.log.warn({ err: error }, 'the A/B test of the settings cannot be set up'),
      ended: () => undefined
    })
  }

  /**
   * Do what the settings say, unless somebody has configured something else; call at the start, and when versions came. A
   * failure is logged: requests are answered without it.
   */
  async follow(): Promise<void> {
    try {
      await this.#inTurn(() => this.#follow())
      this.#outages.succeeded()
    } catch (error) {
      // Another process was faster, which is heard of soon.
      if (!isConflict(error)) this.#outages.failed(error)
    }
  }

  /** Do so if it could not be done yet. */
  async catchUp(): Promise<void> {
    if (this.#view() === undefined) await this.follow()
  }

  async #follow(): Promise<void> {
    const view = this.#view()
    if (view !== undefined && !isOfSettings(view)) return
    const missing = this.#missing(this.#settings.models)
    if (missing === undefined) await this.#put(this.#settings, bySettings, view)
    else if (view !== undefined)
      this.#deps.log.warn(
        { reason: missing },
        'the A/B test goes on as it was: not all versions of the settings are there'
      )
  }

  /**
   * Apply a change, all of it or nothing.
   * @throws {HttpError} MILL_EXPERIMENT_INVALID with every fault
   * @throws {MillraceError} MILL_EXPERIMENT_STATE for an experiment that was stopped, MILL_STORE_FAILED
   */
  configure(change: JsonObject): Promise<AbTestState> {
    return this.#inTurn(async () => {
      for (let attempt = 1; ; attempt++) {
        try {
          await this.#configure(change)
          return this.state()
        } catch (error) {
          if (!isConflict(error) || attempt === mostAttempts) throw error
        }
      }
    })
  }

  async #configure(change: JsonObject): Promise<void> {
    const view = this.#view()
    const present = this.#wishes(view)
    const { experiments } = this.#deps
    // What ran and whose versions are gone must still be turned off.
    if (isOff(change) && view?.state === 'running') return void (await experiments.pause(abTestId, view.revision))
    const faults = faultsOfChange(change, present, this.#model())
    if (faults.length > 0) throw invalidDefinition('A/B test', faults)
    await this.#put(changed(present, change), byApi, view)
  }

  async #put(wishes: AbTestWishes, by: string, view: ExperimentView | undefined): Promise<void> {
    const { experiments, model } = this.#deps
    const options = { isRunning: wishes.enabled, by, revision: view?.revision ?? 0 }
    const yields = by === bySettings
    const present = yields ? undefined : view?.definition
    await experiments.put(draftOf(wishes, { model, yields, present }), options)
  }

  /** How it stands; a fraction of a millisecond. */
  state(): AbTestState {
    const view = this.#view()
    const wishes = this.#wishes(view)
    const source = view === undefined || isOfSettings(view) ? 'settings' : 'api'
    return { wishes, view, reason: this.#reason(wishes, view), source }
  }

  #wishes(view: ExperimentView | undefined): AbTestWishes {
    return view === undefined ? this.#settings : wishesOf(view)
  }

  #reason({ enabled, models }: AbTestWishes, view: ExperimentView | undefined): string | undefined {
    if (view?.state === 'stopped') return `experiment ${abTestId} was stopped; remove it to configure it anew`
    const missing = this.#missing(models)
    if (missing !== undefined) return missing
    if (!enabled) return 'it is turned off'
    return view === undefined ? noneReason(models) : undefined
  }

  #missing(models: readonly string[]): string | undefined {
    const model = this.#model()
    return models.map(version => missingVersion(version, model)).find(why => why !== undefined)
  }

  #model(): ModelStatus | undefined {
    const { models, model } = this.#deps
    return models.models().find(({ name }) => name === model)
  }

  #view(): ExperimentView | undefined {
    return this.#deps.experiments.list().find(({ definition }) => definition.id === abTestId)
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const done = this.#change.then(work, work)
    this.#change = done.catch(() => undefined)
    return done
  }
}

function noneReason(models: readonly string[]): string {
  const repeated = models.find((version, index) => models.indexOf(version) < index)
  if (repeated !== undefined) return `version ${repeated} is listed twice`
  return `there is no experiment ${abTestId}: it was removed, or could not be set up; configure it`
}

/** Whether nobody has touched it since the settings were applied. */
function isOfSettings({ history }: ExperimentView): boolean {
  return history.at(-1)?.details['by'] === bySettings
}

function isOff(change: JsonObject): boolean {
  return change['enabled'] === false && Object.keys(change).length === 1
}

function isConflict(error: unknown): boolean {
  return error instanceof MillraceError && error.code === 'MILL_REVISION_CONFLICT'
}
