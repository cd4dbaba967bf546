import { countsLength, place } from './arm-counts.ts'
import { Counted } from './counted.ts'
import { damagedEntry, type EntryBytes, type EntryReader } from './entry-bytes.ts'

const mostArms = 32

/** Write what was counted: of each arm only what is not 0, with its index. Some 30 bytes an arm. */
export function putCounted(bytes: EntryBytes, { arms, forgotten, repeated }: Counted): void {
  bytes.count(forgotten)
  bytes.count(repeated)
  bytes.count(arms.length)
  for (const counts of arms) {
    bytes.count(counts.reduce((sum, value) => sum + Number(value !== 0), 0))
    for (const [index, value] of counts.entries()) {
      if (value === 0) continue
      bytes.count(index)
      if (isWhole(index)) bytes.count(value)
      else bytes.double(value)
    }
  }
}

/** @throws {MillraceError} MILL_JOURNAL_DAMAGED */
export function getCounted(bytes: EntryReader): Counted {
  const counted = new Counted()
  counted.forgotten = bytes.count()
  counted.repeated = bytes.count()
  const arms = bytes.count()
  if (arms > mostArms) throw damagedEntry('too many arms')
  for (let arm = 0; arm < arms; arm++) {
    const counts = counted.arm(arm)
    for (let rest = bytes.count(); rest > 0; rest--) {
      const index = bytes.count()
      if (index >= countsLength) throw damagedEntry('too many counts')
      counts[index] = isWhole(index) ? bytes.count() : bytes.double()
    }
  }
  return counted
}

/** Whether the count at this index is a whole number. */
function isWhole(index: number): boolean {
  return index < place.sumMs || index >= place.histogram
}
