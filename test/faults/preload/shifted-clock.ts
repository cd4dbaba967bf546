/**
 * Loaded before the program: its clock goes wrong by as many milliseconds as the file CLOCK_SHIFT says at each moment.
 * Timers and `performance` run on, as they do when an administrator or a time server sets the clock.
 */
import { readFileSync } from 'node:fs'

const file = process.env['CLOCK_SHIFT']!
const RealDate = Date

function now(): number {
  return RealDate.now() + Number(readFileSync(file, 'utf8'))
}

class ShiftedDate extends RealDate {
  constructor(...given: [] | [number | string | Date]) {
    super(given.length === 0 ? now() : given[0])
  }

  static override now(): number {
    return now()
  }
}

globalThis.Date = ShiftedDate as DateConstructor
