import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { makeData } from '../../../scripts/make-data.ts'
import { sampleDataFile } from '../src/ingestion/sample-data.ts'
import { readObservations } from '../src/ingestion/table.ts'

const file = sampleDataFile
const observations = await readObservations(file, { inputColumn: 'input', targetColumn: 'target' })
const values = observations.map(({ target }) => target)

function meanOf(numbers: readonly number[]): number {
  return numbers.reduce((sum, value) => sum + value, 0) / numbers.length
}

test('the shipped data are what the script makes', () => {
  assert.equal(readFileSync(file, 'utf8'), makeData())
})

test('there are 744 months from 1949-01 to 2010-12 without a gap', () => {
  const months = Array.from({ length: 744 }, (_, index) => new Date(Date.UTC(1949, index)).toISOString().slice(0, 7))
  assert.deepEqual(
    observations.map(({ input }) => input),
    months
  )
  assert.equal(months.at(-1), '2010-12')
})

test('the first 144 values are the airline series', () => {
  const airline = values.slice(0, 144)
  assert.deepEqual(airline.slice(0, 13), [112, 118, 132, 129, 121, 135, 148, 148, 136, 119, 104, 118, 115])
  assert.deepEqual(airline.slice(-12), [417, 391, 419, 461, 472, 535, 622, 606, 508, 461, 390, 432])
  // Sum, and sum of value times position, of the published series: a wrong or exchanged value changes one of them.
  assert.equal(
    airline.reduce((sum, value) => sum + value, 0),
    40363
  )
  assert.equal(
    airline.reduce((sum, value, index) => sum + value * (index + 1), 0),
    3587478
  )
})

test('the extension has the level that is documented', () => {
  const means = { 1961: 499, 1965: 630, 1971: 828, 1980: 1125, 1990: 1455, 2000: 1785, 2010: 2113 }
  for (const [year, expected] of Object.entries(means)) {
    const start = (Number(year) - 1949) * 12
    const mean = meanOf(values.slice(start, start + 12))
    assert.ok(Math.abs(mean / expected - 1) < 0.005, `${year}: ${mean}, documented ${expected}`)
  }
  assert.equal(Math.min(...values), 104)
  assert.equal(Math.max(...values), 2301)
  assert.ok(Math.abs(meanOf(values) / 1109.34 - 1) < 0.01)
  assert.ok(values.every(Number.isInteger))
})

test('the extension goes on from 432 without a jump, and its years are a W around a peak in summer', () => {
  assert.ok(Math.abs(values[144]! / 432 - 1) < 0.1)
  for (let start = 144; start < 744; start += 12) {
    const year = values.slice(start, start + 12)
    assert.ok([6, 7].includes(year.indexOf(Math.max(...year))), `peak of ${1949 + start / 12}`)
    const [january, february, march, , , , , , september, october, november] = year as [number, ...number[]]
    assert.ok(february! < january && february! < march!, `first dip of ${1949 + start / 12}`)
    assert.ok(september! > october! && october! > november!, `second dip of ${1949 + start / 12}`)
  }
})

test('repeating the last value errs by about 47, repeating that of a year ago by about 33', () => {
  const last = values.map((value, index) => Math.abs(value - (values[index - 1] ?? 0)))
  const seasonal = values.slice(12).map((value, index) => Math.abs(value - values[index]!))
  assert.equal(Math.round(meanOf(last)), 47)
  assert.equal(Math.round(meanOf(seasonal)), 33)
})
