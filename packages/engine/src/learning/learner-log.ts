/** Where a learner tells what whoever runs it should know: facts, and a fixed sentence. */
export interface LearnerLog {
  debug(facts: Record<string, unknown>, message: string): void
  info(facts: Record<string, unknown>, message: string): void
  warn(facts: Record<string, unknown>, message: string): void
}
