import type { ServedVersion } from '@millrace/engine'
import { type RequestFault, wineFeatureNames, type WinePredictReply } from '@millrace/protocol'
import { type FaultPlace, missing, mostFaults } from '../http/faults.ts'
import { fourDecimals } from '../services/round-decimals.ts'
import { type BodyReader, isObject, outside, refuse } from './body-reader.ts'
import type { Classes } from './classes.ts'
import type { Matrix } from './matrix.ts'
import { milliseconds } from './reply-parts.ts'

/** The model that judges wines. */
export const wineModel = 'wine_quality'

/** Qualities there are. */
const qualities = { lowest: 3, highest: 8 }

/** The features of one wine: a list of 11 numbers, or an object of 11 names. */
export function readWine(reader: BodyReader, value: unknown, place: FaultPlace): readonly number[] {
  if (Array.isArray(value)) {
    const numbers = reader.numbers(value, place)
    if (numbers.length !== wineFeatureNames.length) reader.add(wrongLength(place, numbers.length))
    return numbers
  }
  if (isObject(value)) return wineFeatureNames.map(name => reader.number(value, name, place))
  if (value === undefined) reader.add(missing(place))
  else reader.object(value, place)
  return []
}

function wrongLength(loc: FaultPlace, got: number): RequestFault {
  const wanted = wineFeatureNames.length
  const msg = `List should have ${wanted} numbers, one for each feature of a wine, got ${got}`
  return { type: got < wanted ? 'too_short' : 'too_long', loc, msg }
}

/** Wines of a request, and where each is in it. */
export interface Wines {
  readonly values: readonly unknown[]
  place(index: number): FaultPlace
}

/** The rows of wines, with the place of each number by its name where it was named. */
export function wineMatrix(rows: readonly (readonly number[])[], { values, place }: Wines): Matrix {
  return {
    rows,
    place(row, column) {
      if (column === undefined) return place(row)
      return [...place(row), Array.isArray(values[row]) ? column : wineFeatureNames[column]!]
    }
  }
}

/** @throws {HttpError} MILL_REQUEST_INVALID, naming every feature that is outside of its range in the metadata */
export function refuseOutOfRange({ metadata: { features } }: ServedVersion, { rows, place }: Matrix): void {
  const faults: RequestFault[] = []
  for (let row = 0; row < rows.length && faults.length < mostFaults; row++) {
    for (const [column, { name, min = -Infinity, max = Infinity }] of features.entries()) {
      const value = rows[row]![column]
      if (value === undefined || (value >= min && value <= max)) continue
      const isBelow = value < min
      const fault = isBelow
        ? outside(place(row, column), 'greater_than_equal', min, value)
        : outside(place(row, column), 'less_than_equal', max, value)
      faults.push({ ...fault, msg: `${name}: ${fault.msg}` })
    }
  }
  if (faults.length > 0) refuse(...faults.slice(0, mostFaults))
}

/** What replies say of one wine. */
export function wineAnswer({ labels, probabilities }: Classes, row: number) {
  const quality = Math.round(Number(labels[row]))
  const chances = probabilities[row]
  return {
    prediction: Math.min(qualities.highest, Math.max(qualities.lowest, quality)),
    confidence: chances === undefined ? null : fourDecimals(Math.max(...chances))
  }
}

/** What replies say of how long it took, and of what was given. */
export function wineFacts(
  version: string,
  ms: number
): Pick<WinePredictReply, 'model_version' | 'processing_time_ms' | 'features_processed'> {
  return {
    model_version: version,
    processing_time_ms: milliseconds(ms),
    features_processed: wineFeatureNames.length
  }
}
