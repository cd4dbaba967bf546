import { readFileSync } from 'node:fs'
import { PythonRandom } from '@millrace/common'
import type { Features } from '@millrace/online'

/** One observation. */
export interface Row {
  x: Features
  y: number
}

/** Friedman's function of five features and a sixth that does not matter, with unit noise. */
export function friedman(count: number): Row[] {
  const random = new PythonRandom(42)
  return Array.from({ length: count }, () => {
    const x = sixFeatures(() => random.random())
    const y = 10 * Math.sin(Math.PI * x.a * x.b) + 20 * (x.c - 0.5) ** 2 + 10 * x.d + 5 * x.e + random.gauss(0, 1)
    return { x, y }
  })
}

/** Six features that each walk at random, and a target that follows two of them. */
export function randomWalk(count: number): Row[] {
  const random = new PythonRandom(42)
  let place = sixFeatures(() => 0)
  return Array.from({ length: count }, () => {
    const { a, b, c, d, e, f } = place
    const steps = sixFeatures(() => random.gauss(0, 1))
    place = { a: a + steps.a, b: b + steps.b, c: c + steps.c, d: d + steps.d, e: e + steps.e, f: f + steps.f }
    return { x: place, y: place.a + place.b }
  })
}

/** The approval of a president, with the six features that River ships. */
export function trumpApproval(): Row[] {
  const file = new URL('../packages/online/test/fixtures/trump_approval.csv', import.meta.url)
  const [header, ...lines] = readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map(line => line.split(','))
  return lines.map(cells => {
    const values = Object.fromEntries(header!.map((name, index) => [name, Number(cells[index])]))
    const { five_thirty_eight: y, ...x } = values
    return { x, y: y! }
  })
}

function sixFeatures(value: () => number): Record<'a' | 'b' | 'c' | 'd' | 'e' | 'f', number> {
  return { a: value(), b: value(), c: value(), d: value(), e: value(), f: value() }
}
