import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type ChartLook, drawChart } from '../src/terminal/chart.ts'

const look: ChartLook = { width: 24, height: 4, hasColour: false, footer: ['first', '', 'last'] }
const flat = { name: 'flat', values: [] }

test('a rising line runs from the lower left to the upper right, between labels of its extremes', () => {
  // 24 wide: 2 for the labels, 2 for the axis, 20 left: 40 dots across, 16 down. Dot x stands at height x * 15 / 39,
  // rounded: 0 0 1 1 2 2 2 3 3 3 4 4 5 5 5 6 6 7 7 7, and the same from the other end.
  const lines = drawChart({ name: 'actual', values: [0, 15] }, flat, look)
  assert.deepEqual(lines, [
    '    ⠤⠒⠉ actual   ∘∘∘ flat',
    '15 ┤               ⣀⡠⠤⠒⠉',
    '   │          ⣀⡠⠔⠒⠉',
    '   │     ⣀⠤⠔⠊⠉',
    ' 0 ┤⣀⠤⠒⠊⠉',
    '    first           last'
  ])
})

test('a steep line has no holes', () => {
  const [, ...lines] = drawChart({ name: 'a', values: [0, 99, 0, 99, 0] }, flat, { ...look, width: 9 })
  const drawing = lines.slice(0, 4).map(line => line.slice(4))
  for (const line of drawing) assert.ok(/[\u2801-\u28ff]/.test(line), lines.join('\n'))
  for (const [column] of drawing[0]!.split('').entries()) {
    assert.ok(
      drawing.some(line => /[\u2801-\u28ff]/.test(line[column] ?? '')),
      lines.join('\n')
    )
  }
})

test('every line fits the width, in colour and without', () => {
  const values = Array.from({ length: 300 }, (_, index) => Math.sin(index / 9) * 1e7)
  const second = values.map(value => value * 3)
  for (const width of [24, 80, 120]) {
    for (const hasColour of [true, false]) {
      const lines = drawChart({ name: 'a', values }, { name: 'b', values: second }, { ...look, width, hasColour })
      // eslint-disable-next-line no-control-regex -- colours are control characters
      for (const line of lines) assert.ok(line.replace(/\u001b\[\d+m/g, '').length <= width, line)
    }
  }
})

test('without colour there is no escape sequence, and the second line has its own character', () => {
  const lines = drawChart({ name: 'a', values: [0, 9] }, { name: 'b', values: [9, 0] }, look)
  assert.ok(!lines.join('').includes('\u001b'))
  assert.ok(lines.slice(1).join('').includes('∘'))
})

test('in colour every line ends in the colour it began with', () => {
  const lines = drawChart(
    { name: 'a', values: [0, 5, 0] },
    { name: 'b', values: [5, 0, 5] },
    { ...look, hasColour: true }
  )
  for (const line of lines.filter(text => text.includes('\u001b'))) {
    assert.ok(line.endsWith('\u001b[39m'), JSON.stringify(line))
  }
})

test('a wild start of the second line does not flatten the first', () => {
  const lines = drawChart({ name: 'a', values: [100, 104] }, { name: 'b', values: [-1e6, 101] }, look)
  assert.ok(lines[1]!.startsWith('104 ┤'))
  assert.ok(lines[4]!.startsWith(' 99 ┤'))
})

test('a gap stays empty', () => {
  const lines = drawChart({ name: 'a', values: [2, 2, undefined, 2, 2] }, flat, { ...look, width: 25 })
  // 22 characters, 44 dots, points 10.75 dots apart: dots 0 to 11 and 32 to 43.
  assert.ok(
    lines.some(line => /^[^┤│]*[┤│]\S{6} {10}\S{6}$/.test(line)),
    lines.join('\n')
  )
})

test('a flat line and a single value are drawn; no value is not', () => {
  assert.equal(drawChart({ name: 'a', values: [7, 7] }, flat, look).length, 6)
  assert.equal(drawChart({ name: 'a', values: [7] }, flat, look).length, 6)
  assert.deepEqual(drawChart({ name: 'a', values: [undefined] }, flat, look), [])
})

test('the footer has a middle where there is room for it', () => {
  const footer = ['left', 'middle', 'right'] as const
  const lines = [33, 20].map(width => drawChart({ name: 'a', values: [1, 9] }, flat, { ...look, width, footer }).at(-1))
  assert.deepEqual(lines, ['   left       middle        right', '   left        right'])
})
