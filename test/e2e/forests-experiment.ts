import { armsOf, growthBookArm } from './experiment-server.ts'

/** Units that ask. */
export const units: readonly string[] = Array.from({ length: 24 }, (_, index) => `unit ${index}`)

const arms = [
  { name: 'a', version: 'v1.0' },
  { name: 'b', version: 'v2.0' },
  { name: 'c', version: 'v3.0' }
] as const

/** The version of each arm. */
export const versions: Record<string, string> = Object.fromEntries(arms.map(({ name, version }) => [name, version]))

/** A draft of an experiment with three arms. */
export const forests = { id: 'forests', model: 'tabular_classifier', arms, seed: 'woods' }

/** The arm of a unit, by GrowthBook's own code. */
export function armOf(unit: string): string {
  return growthBookArm('woods', unit, ['a', 'b', 'c'])!
}

/** How many of the units come to each arm. */
export function unitsByArm(all: readonly string[]): Record<string, number> {
  const groups = Map.groupBy(all, armOf)
  return Object.fromEntries(arms.map(({ name }) => [name, groups.get(name)?.length ?? 0]))
}

/** How many units a server has counted for each arm. */
export async function unitsIn(url: string): Promise<Record<string, number>> {
  return Object.fromEntries(Object.entries(await armsOf(url, 'forests')).map(([arm, counts]) => [arm, counts.units]))
}
