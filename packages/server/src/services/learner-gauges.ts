import type { LearnerCounts, ServedLearner } from '@millrace/engine'
import { Counter, Gauge, type Registry } from 'prom-client'

/** How a learner is asked; the rest of it is of no interest here. */
type Told = Pick<ServedLearner, 'name' | 'counts' | 'health' | 'memoryBytes'>

/** Registers what `GET /metrics` of a model tells beside its predictions. Read from the learner when asked for. */
export function registerLearnerMetrics(registry: Registry, learner: Told): void {
  const labels = { series: 'default', model: learner.name }
  const common = { labelNames: Object.keys(labels), registers: [registry] }

  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      ...common,
      name: `ml_model_${name}`,
      help,
      collect() {
        this.set(labels, read())
      }
    })
  const counter = (name: string, help: string, read: (counts: LearnerCounts) => number) =>
    new Counter({
      ...common,
      name: `ml_model_${name}_total`,
      help,
      collect() {
        this.reset()
        this.inc(labels, read(learner.counts()))
      }
    })
  const counterByOutcome = (name: string, help: string, read: (counts: LearnerCounts) => Record<string, number>) =>
    new Counter({
      ...common,
      labelNames: [...common.labelNames, 'outcome'],
      name: `ml_model_${name}_total`,
      help,
      collect() {
        this.reset()
        for (const [outcome, count] of Object.entries(read(learner.counts()))) this.inc({ ...labels, outcome }, count)
      }
    })

  gauge('memory_bytes', 'Bytes that the state of the model takes in memory.', () => learner.memoryBytes())
  gauge('can_learn', '1 while the model can learn, 0 while something keeps it from it.', () =>
    learner.health().problem === undefined && learner.health().role === 'writer' ? 1 : 0
  )
  gauge(
    'journal_sequence',
    'Position in the journal of the last record that the model has learned.',
    () => learner.health().sequence
  )
  gauge(
    'snapshot_sequence',
    'Position in the journal that the newest snapshot holds.',
    () => learner.health().snapshotSequence
  )
  counterByOutcome('snapshots', 'Snapshots since the process began.', ({ snapshots }) => snapshots)
  counter('repeats', 'Requests that repeated a known observation id.', ({ repeats }) => repeats)
  counter('id_conflicts', 'Requests that used a known observation id for something else.', counts => counts.conflicts)
  counterByOutcome('labels', 'Labels of earlier predictions, by what became of them.', ({ labels: given }) => given)
  counter('guard_skips', 'Observations that the divergence guard skipped.', counts => counts.guardSkips)
  counter(
    'guard_rollbacks',
    'How often the divergence guard put the model back to an earlier state.',
    counts => counts.guardRollbacks
  )
}
