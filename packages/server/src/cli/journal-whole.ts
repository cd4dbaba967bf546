import { type JournalReport, verifyJournal } from '@millrace/store'

/**
 * What there is to say about a journal that may be in use. A file that is pruned while it is read looks like a problem
 * once; what does so twice is one.
 * @throws {MillraceError} MILL_STORE_FAILED when the folder cannot be read
 */
export function wholeReport(folder: string): JournalReport {
  const report = verifyJournal(folder)
  return report.problems.length === 0 ? report : verifyJournal(folder)
}
