import { addCounts, type ArmCounts, armCounts, countsLength } from './arm-counts.ts'

/** What one run of a process has counted of an experiment. */
export class Counted {
  /** By the index of the arm. */
  readonly arms: ArmCounts[] = []
  /** Units that came when there was room for no more, as often as they came. */
  forgotten = 0
  /** Outcomes that came again. */
  repeated = 0

  arm(index: number): ArmCounts {
    while (this.arms.length <= index) this.arms.push(armCounts())
    return this.arms[index]!
  }

  add(more: Counted): void {
    for (const [index, counts] of more.arms.entries()) addCounts(this.arm(index), counts)
    this.forgotten += more.forgotten
    this.repeated += more.repeated
  }

  get isZero(): boolean {
    if (this.forgotten > 0 || this.repeated > 0) return false
    return this.arms.every(counts => !counts.some(count => count !== 0))
  }

  get memoryBytes(): number {
    return this.arms.length * countsLength * 8
  }
}
