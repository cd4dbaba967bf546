import type { ExperimentRecord } from './experiment.ts'

/** By which the ledger knows an experiment in its present phase. */
export function ledgerIdOf({ definition, phase }: Pick<ExperimentRecord, 'definition' | 'phase'>): string {
  return phaseId(definition.id, phase)
}

/** By which the ledger knows a phase of an experiment. */
export function phaseId(id: string, phase: number): string {
  return phase === 1 ? id : `${id}#${phase}`
}

/** The other way round. */
export function fromLedgerId(ledgerId: string): { id: string; phase: number } {
  const [id = '', phase = '1'] = ledgerId.split('#')
  return { id, phase: Number(phase) }
}
