import { readFileSync } from 'node:fs'
import type { Features } from '@millrace/online'

const fixtures = new URL('../../../online/test/fixtures/', import.meta.url)

/** An observation of a stream. */
export interface StreamRow {
  features: Features
  target: number
}

/** 2000 rows of ten uniform features, of which five matter. */
export function friedmanRows(): StreamRow[] {
  const [names, ...rows] = cells('friedman_seed42_2000.csv')
  return rows.map(row => {
    const values = row.map(Number)
    return {
      features: Object.fromEntries(names!.slice(0, 10).map((name, index) => [name, values[index]!])),
      target: values[10]!
    }
  })
}

/** Passengers of an airline in each month, to be told from those of the twelve months before. */
export function airlineRows(): StreamRow[] {
  const passengers = cells('airline_passengers.csv')
    .slice(1)
    .map(([, count]) => Number(count))
  return passengers.slice(12).map((target, index) => ({
    features: Object.fromEntries(passengers.slice(index, index + 12).map((count, lag) => [`in_${lag + 1}`, count])),
    target
  }))
}

function cells(file: string): string[][] {
  const lines = readFileSync(new URL(file, fixtures), 'utf8').trim().split('\n')
  return lines.map(line => line.trim().split(','))
}
