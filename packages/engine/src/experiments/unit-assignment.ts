import { noArm, sharesOf, tableOf } from './allocation.ts'
import type { ExperimentRecord } from './experiment.ts'
import type { UnitAssignment } from './experiments.ts'
import { bucketOf, fnv1a } from './growthbook-hash.ts'
import type { ExperimentLedger } from './ledger/ledger.ts'

/** What a unit would get of an experiment; see Experiments.assignment. */
export function assignmentOf(
  { definition, allocation }: ExperimentRecord,
  unit: string,
  ledger: ExperimentLedger
): UnitAssignment {
  const { arms, seed, overrides, strategy, isSticky } = definition
  const bucket = bucketOf(fnv1a(seed), unit)
  const named = (arm: number, probability: number, reason: UnitAssignment['reason']): UnitAssignment => ({
    unit,
    bucket,
    arm: arms[arm]?.name ?? null,
    probability,
    reason
  })
  if (Object.hasOwn(overrides, unit))
    return named(
      arms.findIndex(({ name }) => name === overrides[unit]),
      1,
      'override'
    )
  if (strategy === 'random') return { unit, bucket, arm: null, probability: null, reason: 'drawn' }
  const arm = tableOf(allocation)[bucket]!
  const before = isSticky ? ledger.armOf(unit) : undefined
  if (before !== undefined && before < arms.length && before !== arm) return named(before, 1, 'sticky')
  if (arm === noArm) return { unit, bucket, arm: null, probability: null, reason: 'not_covered' }
  return named(arm, sharesOf(allocation, arms.length)[arm]!, 'experiment')
}
