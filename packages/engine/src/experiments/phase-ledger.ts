import type { ExperimentRecord } from './experiment.ts'
import type { ExperimentLedger, Ledger } from './ledger/ledger.ts'
import { phaseId } from './phase-id.ts'

/** What is known of an experiment or canary in a phase, the present one unless another is named. */
export function phaseLedger(
  ledger: Ledger,
  { definition, phase: present }: Pick<ExperimentRecord, 'definition' | 'phase'>,
  phase = present
): ExperimentLedger {
  const { id, arms, metrics } = definition
  const kinds = new Map(metrics.map(({ name, kind }) => [name, kind]))
  return ledger.experiment(phaseId(id, phase), { arms: arms.length, metrics: kinds })
}
