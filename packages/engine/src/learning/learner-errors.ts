import { MillraceError } from '@millrace/common'
import { describeLearner, isLearnerName, isSameRecipe } from './catalog.ts'
import type { SettingsCommand } from './learn-command.ts'
import type { LearnerMachine, Outcome } from './learner-machine.ts'
import { type Refusal, refusalError } from './refusal.ts'
import type { Learned } from './served-learner.ts'

/** Says again, word for word, why an observation was refused that comes once more under the same id. */
export class RepeatedRefusal extends MillraceError {}

/** What an outcome means to whoever sent the observation: its answer, or the error it gets. */
export function answerOf(outcome: Outcome): Learned | MillraceError {
  if (outcome.kind === 'learned') return { prediction: outcome.prediction, isRepeat: outcome.isRepeat }
  if (outcome.kind === 'refused')
    return outcome.isRepeat ? refusedAgain(outcome.refusal) : refusalError(outcome.refusal)
  throw new MillraceError('MILL_INTERNAL', 'settings are no observation')
}

function refusedAgain({ code, message, details }: Refusal): RepeatedRefusal {
  return new RepeatedRefusal(code, message, { details })
}

/** @throws {MillraceError} MILL_CONFIG_INVALID when the journal of learner `id` was made by another learner */
export function checkRecipe(id: string, { settings }: LearnerMachine, wanted: SettingsCommand): void {
  if (isSameRecipe(settings, wanted)) return
  const [made, asked] = [settings, wanted].map(described)
  throw new MillraceError(
    'MILL_CONFIG_INVALID',
    `the journal of learner ${id} was made by ${made}, not by ${asked}: start it with those settings, or move the folder ` +
      'of its journal away to begin anew; `millrace replay` runs other settings over the same journal',
    { details: { learner: id, made, asked } }
  )
}

function described({ learner, parameters }: SettingsCommand): string {
  if (!isLearnerName(learner)) return learner
  return `${learner} = ${describeLearner(learner, { seed: 0, parameters }).text}`
}
