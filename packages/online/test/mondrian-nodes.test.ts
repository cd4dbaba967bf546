import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordLayout } from '../src/mondrian-layout.ts'
import { MondrianNodes } from '../src/mondrian-nodes.ts'

const { leftAt, featureAt, meanAt, boxAt } = recordLayout

/**
 * So many nodes, each the parent of the two after twice its place, with its place as its mean and, in the first bound, as
 * its negative. Every third node shows the mean of its parent, where means are shared.
 */
function grownTo(count: number, hasSharedMeans: boolean, slots: number): { nodes: MondrianNodes; offsets: number[] } {
  const nodes = new MondrianNodes(hasSharedMeans, slots)
  const offsets = [0]
  while (offsets.length < count) {
    nodes.reserve()
    const left = nodes.addPair()
    offsets.push(left, left + nodes.record)
  }
  for (const [place, node] of offsets.entries()) {
    const at = nodes.at(node)
    nodes.data(node)[at + meanAt] = place
    if (slots > 0) nodes.data(node)[at + boxAt] = -place
    const left = offsets[2 * place + 1]
    nodes.links(node)[2 * at + leftAt] = left ?? 0
    nodes.links(node)[2 * at + featureAt] = left === undefined ? -1 : place
    nodes.setOwner(node, isSharing(place) ? nodes.owner(offsets[(place - 1) >>> 1]!) : node)
  }
  return { nodes, offsets }
}

function isSharing(place: number): boolean {
  return place > 0 && place % 3 === 0
}

/** The place of the node whose mean the node at `place` shows. */
function ownerOf(place: number, hasSharedMeans: boolean): number {
  return hasSharedMeans && isSharing(place) ? ownerOf((place - 1) >>> 1, hasSharedMeans) : place
}

/** The offset of each place, found by walking from the root. */
function walked(nodes: MondrianNodes): Map<number, number> {
  const found = new Map([[0, 0]])
  for (const [place, node] of found) {
    const at = nodes.at(node)
    if (nodes.links(node)[2 * at + featureAt]! < 0) continue
    const left = nodes.links(node)[2 * at + leftAt]!
    found.set(2 * place + 1, left).set(2 * place + 2, left + nodes.record)
  }
  return found
}

test('begins as a single leaf', () => {
  const nodes = new MondrianNodes(false, 3)
  assert.equal(nodes.count, 1)
  assert.equal(nodes.links(0)[featureAt], -1)
})

for (const hasSharedMeans of [false, true]) {
  test(`no two nodes share memory, over many chunks; shared means: ${hasSharedMeans}`, () => {
    const { nodes, offsets } = grownTo(10_001, hasSharedMeans, 5)
    assert.equal(nodes.count, 10_001)
    for (const [place, node] of offsets.entries()) {
      assert.equal(nodes.data(node)[nodes.at(node) + meanAt], place)
      assert.equal(nodes.data(node)[nodes.at(node) + boxAt], -place)
      assert.equal(nodes.owner(node), offsets[ownerOf(place, hasSharedMeans)])
    }
  })

  test(`wider boxes leave everything else; shared means: ${hasSharedMeans}`, () => {
    const { nodes } = grownTo(5001, hasSharedMeans, 2)
    const wider = nodes.rebuilt(40, Infinity)
    const offsets = walked(wider)
    assert.deepEqual([wider.count, wider.slots, offsets.size], [5001, 40, 5001])
    for (const [place, node] of offsets) {
      const data = wider.data(node)
      const at = wider.at(node)
      assert.deepEqual([data[at + meanAt], data[at + boxAt]], [place, -place])
      assert.equal(data[at + boxAt + 4], hasSharedMeans ? 0 : NaN)
      assert.equal(wider.links(node)[2 * at + featureAt], 2 * place + 1 < 5001 ? place : -1)
      assert.equal(wider.owner(node), offsets.get(ownerOf(place, hasSharedMeans)))
    }
  })

  test(`pairs given back are used again, as new as any; shared means: ${hasSharedMeans}`, () => {
    const { nodes, offsets } = grownTo(1001, hasSharedMeans, 5)
    const before = nodes.ownBytes
    const given = [offsets[1]!, offsets[801]!, offsets[401]!]
    for (const left of given) nodes.freePair(left)
    assert.deepEqual([nodes.count, nodes.pairs], [995, 498])
    const again = given.map(() => {
      nodes.reserve()
      return nodes.addPair()
    })
    assert.deepEqual(new Set(again), new Set(given))
    for (const left of again) {
      const at = nodes.at(left)
      assert.ok(
        nodes
          .data(left)
          .subarray(at, at + 2 * nodes.record)
          .every(number => number === 0)
      )
    }
    assert.deepEqual([nodes.count, nodes.ownBytes], [1001, before])
  })
}

test('takes no more room than the pairs that there may be need', () => {
  const nodes = new MondrianNodes(false, 5, 4000)
  for (let pairs = 1; pairs < 4000; pairs++) {
    nodes.reserve()
    nodes.addPair()
  }
  // 4000 pairs of 18 doubles each, of which 910 fit into a chunk: 5 chunks.
  assert.ok(nodes.ownBytes >= 4000 * 2 * 18 * 8)
  assert.ok(nodes.ownBytes < 4000 * 2 * 18 * 8 + 5 * 500)
})

test('holds as many features as a pair in a chunk can have, and refuses more', () => {
  const { nodes } = grownTo(7, true, 8187)
  assert.equal(nodes.count, 7)
  assert.equal(new MondrianNodes(false, 8000).rebuilt(8001, Infinity).slots, 8187)
  assert.throws(() => nodes.rebuilt(8188, Infinity), { code: 'MILL_FEATURE_LIMIT' })
})
