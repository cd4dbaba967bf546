import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { PythonRandom } from '../src/python-random.ts'

interface Vector {
  random_10: number[]
  getrandbits32_10: number[]
  randint_0_9999999_10: number[]
  uniform_2_5_10: number[]
  gauss_0_1_10: number[]
  choices_abcd_weights_1_2_3_4_10: string[]
  'expovariate_1.5_10': number[]
  sample_range70_30: number[]
  shuffle_20: number[]
  river_poisson_6_20: number[]
}

const seeds = [0, 1, 42, 12345, 2 ** 32 + 5, 2n ** 70n + 123n]
const { vectors } = JSON.parse(readFileSync(new URL('fixtures/rng_mt19937.json', import.meta.url), 'utf8')) as {
  vectors: Vector[]
}
const invalidOption = { code: 'MILL_OPTION_INVALID' }

function times<Value>(count: number, draw: () => Value): Value[] {
  return Array.from({ length: count }, draw)
}

/** Knuth's way: count uniform numbers until their product falls to e^-mean. */
function poisson(random: PythonRandom, mean: number): number {
  const limit = Math.exp(-mean)
  let drawn = 0
  for (let product = 1; product > limit; product *= random.random()) drawn++
  return drawn - 1
}

for (const [index, seed] of seeds.entries()) {
  const expected = vectors[index]!
  const fresh = () => new PythonRandom(seed)

  test(`gives CPython's numbers for the seed ${seed}`, () => {
    const [uniform, bits, integers, between, normal, exponential, counts] = times(7, fresh)
    assert.deepEqual(
      times(10, () => uniform!.random()),
      expected.random_10
    )
    assert.deepEqual(
      times(10, () => bits!.getrandbits(32)),
      expected.getrandbits32_10
    )
    assert.deepEqual(
      times(10, () => integers!.randint(0, 9_999_999)),
      expected.randint_0_9999999_10
    )
    assert.deepEqual(
      times(10, () => between!.uniform(2, 5)),
      expected.uniform_2_5_10
    )
    assert.deepEqual(
      times(10, () => normal!.gauss(0, 1)),
      expected.gauss_0_1_10
    )
    assert.deepEqual(
      times(10, () => exponential!.expovariate(1.5)),
      expected['expovariate_1.5_10']
    )
    assert.deepEqual(
      times(20, () => poisson(counts!, 6)),
      expected.river_poisson_6_20
    )
  })

  test(`chooses, samples and shuffles as CPython does for the seed ${seed}`, () => {
    const chosen = fresh().choices(['a', 'b', 'c', 'd'], [1, 2, 3, 4], 10)
    assert.deepEqual(chosen, expected.choices_abcd_weights_1_2_3_4_10)
    assert.deepEqual(fresh().sample([...Array(70).keys()], 30), expected.sample_range70_30)
    const items = [...Array(20).keys()]
    fresh().shuffle(items)
    assert.deepEqual(items, expected.shuffle_20)
  })
}

test('the sign of a seed does not matter', () => {
  assert.equal(new PythonRandom(-42).random(), vectors[2]!.random_10[0])
  assert.equal(new PythonRandom(-(2n ** 70n) - 123n).random(), vectors[5]!.random_10[0])
})

// python3 -c 'import random; r = random.Random(7); print([r.getrandbits(k) for k in (0, 1, 33, 53)], r.randint(-2**40, 2**40))'
test('more than 32 bits come low word first', () => {
  const random = new PythonRandom(7)
  assert.deepEqual(
    [0, 1, 33, 53].map(bits => random.getrandbits(bits)),
    [0, 0, 4071050724, 5863095911261966]
  )
  assert.equal(random.randint(-(2 ** 40), 2 ** 40), -781476659248)
})

// python3 -c 'import random; r = random.Random(7); print(r.choices("abc", k=8), r.sample(range(1000), 5))'
test('chooses without weights and samples few of many as CPython does', () => {
  const random = new PythonRandom(7)
  assert.deepEqual(random.choices(['a', 'b', 'c'], undefined, 8), ['a', 'a', 'b', 'a', 'b', 'b', 'a', 'b'])
  assert.deepEqual(random.sample([...Array(1000).keys()], 5), [38, 88, 444, 428, 71])
})

test('randint stays within its bounds', () => {
  const bounds = fc
    .tuple(fc.maxSafeInteger(), fc.nat())
    .filter(([lowest, width]) => Number.isSafeInteger(lowest + width))
  fc.assert(
    fc.property(fc.bigInt(), bounds, (seed, [lowest, width]) => {
      const drawn = new PythonRandom(seed).randint(lowest, lowest + width)
      assert.ok(Number.isSafeInteger(drawn) && drawn >= lowest && drawn <= lowest + width)
    })
  )
})

test('a sample holds different items, a shuffle the same ones', () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.nat({ max: 90 }), fc.nat({ max: 90 }), (seed, length, wanted) => {
      const items = [...Array(length).keys()]
      const random = new PythonRandom(seed)
      const count = Math.min(wanted, length)
      assert.equal(new Set(random.sample(items, count)).size, count)
      const shuffled = [...items]
      random.shuffle(shuffled)
      assert.deepEqual(new Set(shuffled), new Set(items))
    })
  )
})

test('a restored state continues with the same numbers, the kept half of a normal pair included', () => {
  fc.assert(
    fc.property(fc.bigInt(), fc.nat({ max: 1300 }), fc.nat({ max: 3 }), (seed, uniforms, normals) => {
      const random = new PythonRandom(seed)
      times(uniforms, () => random.getrandbits(32))
      times(normals, () => random.gauss(0, 1))
      const restored = PythonRandom.fromState(random.toState())
      assert.deepEqual(restored.toState(), random.toState())
      assert.equal(restored.gauss(3, 2), random.gauss(3, 2))
      assert.deepEqual(
        times(5, () => restored.random()),
        times(5, () => random.random())
      )
    })
  )
})

test('a state that is none is refused', () => {
  const { words } = new PythonRandom(1).toState()
  const beyond = words.slice()
  beyond[624] = 625
  const states = [
    { words: words.subarray(1), gaussNext: null },
    { words: beyond, gaussNext: null },
    { words, gaussNext: NaN }
  ]
  for (const state of states) assert.throws(() => PythonRandom.fromState(state), { code: 'MILL_STATE_INVALID' })
})

test('impossible arguments are refused', () => {
  const random = new PythonRandom(1)
  for (const seed of [0.5, NaN, Infinity, 2 ** 53]) assert.throws(() => new PythonRandom(seed), invalidOption)
  for (const bits of [-1, 54, 0.5, NaN]) assert.throws(() => random.getrandbits(bits), invalidOption)
  for (const [lowest, highest] of [
    [2, 1],
    [0, 0.5],
    [NaN, 1],
    [-(2 ** 53) + 1, 1]
  ] as const) {
    assert.throws(() => random.randint(lowest, highest), invalidOption)
  }
  for (const rate of [0, NaN, Infinity]) assert.throws(() => random.expovariate(rate), invalidOption)
  for (const count of [-1, 3, 0.5]) assert.throws(() => random.sample([1, 2], count), invalidOption)
  assert.throws(() => random.choices([]), invalidOption)
  for (const weights of [[1], [0, 0], [1, -1], [1, NaN], [1, Infinity]]) {
    assert.throws(() => random.choices(['a', 'b'], weights), invalidOption)
  }
})
