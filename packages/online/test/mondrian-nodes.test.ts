import assert from 'node:assert/strict'
import { test } from 'node:test'
import { recordLayout } from '../src/mondrian-layout.ts'
import { MondrianNodes } from '../src/mondrian-nodes.ts'

const { leftAt, featureAt, meanAt, boxAt } = recordLayout

/** So many nodes, each with its place among them as its mean and, in the first bound, as its negative. */
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
    nodes.links(node)[2 * at + leftAt] = offsets[2 * place + 1] ?? 0
    nodes.links(node)[2 * at + featureAt] = place
    nodes.setOwner(node, offsets[place >>> 1]!)
  }
  return { nodes, offsets }
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
      assert.equal(nodes.owner(node), hasSharedMeans ? offsets[place >>> 1] : node)
    }
  })

  test(`wider boxes leave everything else; shared means: ${hasSharedMeans}`, () => {
    const { nodes } = grownTo(5001, hasSharedMeans, 2)
    const wider = nodes.widened(40)
    const { offsets } = grownTo(5001, hasSharedMeans, 40)
    assert.deepEqual([wider.count, wider.slots], [5001, 40])
    for (const [place, node] of offsets.entries()) {
      const data = wider.data(node)
      const at = wider.at(node)
      assert.deepEqual([data[at + meanAt], data[at + boxAt]], [place, -place])
      assert.equal(data[at + boxAt + 4], hasSharedMeans ? 0 : NaN)
      assert.equal(wider.links(node)[2 * at + featureAt], place)
      assert.equal(wider.links(node)[2 * at + leftAt], offsets[2 * place + 1] ?? 0)
      assert.equal(wider.owner(node), hasSharedMeans ? offsets[place >>> 1] : node)
    }
  })
}

test('holds as many features as a pair in a chunk can have, and refuses more', () => {
  const { nodes } = grownTo(7, true, 8187)
  assert.equal(nodes.count, 7)
  assert.equal(new MondrianNodes(false, 8000).widened(8001).slots, 8187)
  assert.throws(() => nodes.widened(8188), { code: 'MILL_FEATURE_LIMIT' })
})
