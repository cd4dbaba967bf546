import { writeFileSync } from 'node:fs'
import { PythonRandom } from '@millrace/common'

/**
 * Monthly totals of international airline passengers in thousands, January 1949 to December 1960, one year a line:
 * series G of Box and Jenkins, "Time Series Analysis: Forecasting and Control" (1970), after R. G. Brown (1963).
 */
const airlinePassengers = [
  [112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118],
  [115, 126, 141, 135, 125, 149, 170, 170, 158, 133, 114, 140],
  [145, 150, 178, 163, 172, 178, 199, 199, 184, 162, 146, 166],
  [171, 180, 193, 181, 183, 218, 230, 242, 209, 191, 172, 194],
  [196, 196, 236, 235, 229, 243, 264, 272, 237, 211, 180, 201],
  [204, 188, 235, 227, 234, 264, 302, 293, 259, 229, 203, 229],
  [242, 233, 267, 269, 270, 315, 364, 347, 312, 274, 237, 278],
  [284, 277, 317, 313, 318, 374, 413, 405, 355, 306, 271, 306],
  [315, 301, 356, 348, 355, 422, 465, 467, 404, 347, 305, 336],
  [340, 318, 362, 348, 363, 435, 491, 505, 404, 359, 310, 337],
  [360, 342, 406, 396, 420, 472, 548, 559, 463, 407, 362, 405],
  [417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432]
].flat()

const firstYear = 1949
const extensionYear = 1961
const lastYear = 2010

const trendStart = 482
const trendPerMonth = 2.75

/**
 * How far each month, from January, lies above the trend at the beginning: a W over the year, as in the airline series,
 * with dips in February and November on both sides of the summer's peak. They sum to 0.
 */
const season = [-16, -48, -16, 24, 48, 72, 88, 64, 0, -48, -88, -80]

/** Standard deviation of the noise at the beginning. */
const noiseDeviation = 3
const noiseSeed = 1961

/** Season and noise grow by their size at the beginning in this many months. */
const monthsToDouble = 600

/** The whole file: `input,target`, then one line for each month from January 1949 to December 2010. */
export function makeData(): string {
  const values = [...airlinePassengers, ...extension()]
  const lines = values.map((value, index) => {
    const month = String((index % 12) + 1).padStart(2, '0')
    return `${firstYear + Math.floor(index / 12)}-${month},${value}\n`
  })
  return ['input,target\n', ...lines].join('')
}

/** trend + growth * (season + noise), rounded, for each month after the airline series. */
function extension(): number[] {
  const random = new PythonRandom(noiseSeed)
  const months = (lastYear - extensionYear + 1) * 12
  return Array.from({ length: months }, (_, month) => {
    const trend = trendStart + trendPerMonth * month
    const growth = 1 + month / monthsToDouble
    return Math.round(trend + growth * (season[month % 12]! + noiseDeviation * almostNormal(random)))
  })
}

/** Mean 0, standard deviation 1, within ±3; made without functions whose last bit may differ between machines. */
function almostNormal(random: PythonRandom): number {
  return 2 * (random.random() + random.random() + random.random() - 1.5)
}

if (import.meta.main) writeFileSync(new URL('../packages/engine/data/data.csv', import.meta.url), makeData())
