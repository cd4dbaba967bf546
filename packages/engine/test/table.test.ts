import assert from 'node:assert/strict'
import { existsSync, readdirSync, readlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import * as fc from 'fast-check'
import { isNumberCell, openTable, parseNumber, readObservations, type TableRow } from '../src/ingestion/table.ts'
import { csvFile } from './csv-file.ts'

const columns = { inputColumn: 'input', targetColumn: 'target' }

async function rowsOf(file: string): Promise<TableRow[]> {
  const rows: TableRow[] = []
  for await (const row of (await openTable(file)).rows) rows.push(row)
  return rows
}

/** Asserts that reading observations from `text` fails with exactly this message after the file's name. */
async function refuses(t: TestContext, text: string, message: string, details: object): Promise<void> {
  const file = csvFile(t, text)
  await assert.rejects(readObservations(file, columns), {
    code: 'MILL_DATA_INVALID',
    message: file + message,
    details: { file, ...details }
  })
}

test('reads observations, numbered from 1', async t => {
  const file = csvFile(t, 'input,target\n1949-01,112\n1949-02,-1.5e2\n')
  assert.deepEqual(await readObservations(file, columns), [
    { observationId: 1, input: '1949-01', target: 112 },
    { observationId: 2, input: '1949-02', target: -150 }
  ])
})

test('finds the columns by name, in any order, among others', async t => {
  const file = csvFile(t, 'y,other,x\n1,z,a\n')
  assert.deepEqual(await readObservations(file, { inputColumn: 'x', targetColumn: 'y' }), [
    { observationId: 1, input: 'a', target: 1 }
  ])
})

test('a header without rows is an empty stream', async t => {
  assert.deepEqual(await readObservations(csvFile(t, 'input,target'), columns), [])
})

test('a byte order mark, CRLF, quotes, blanks and blank lines at the end do not matter', async t => {
  const file = csvFile(t, '\uFEFF"input", target\r\n"1949-01",112\r\n"a ""b"", c"," 118 "\r\n\r\n  \r\n')
  assert.deepEqual(await readObservations(file, columns), [
    { observationId: 1, input: '1949-01', target: 112 },
    { observationId: 2, input: 'a "b", c', target: 118 }
  ])
})

for (const [name, end] of [
  ['LF', '\n'],
  ['CRLF', '\r\n'],
  ['CR', '\r']
] as const) {
  test(`lines end in ${name}, also inside of quotes, and are counted right`, async t => {
    const file = csvFile(t, ['a,b', '1,"x', 'y', '"', '2,z'].join(end))
    assert.deepEqual(await rowsOf(file), [
      { line: 2, cells: ['1', `x${end}y${end}`] },
      { line: 5, cells: ['2', 'z'] }
    ])
  })
}

test('line ends may differ from line to line', async t => {
  assert.deepEqual(
    (await rowsOf(csvFile(t, 'a,b\r\n1,2\n3,4\r5,6'))).map(({ line, cells }) => [line, ...cells]),
    [
      [2, '1', '2'],
      [3, '3', '4'],
      [4, '5', '6']
    ]
  )
})

test('a file larger than any buffer comes through row by row', async t => {
  const lines = Array.from({ length: 50_000 }, (_, index) => `${index},${'é'.repeat(index % 7)}`)
  const file = csvFile(t, `a,b\r\n${lines.join('\r\n')}`)
  let expected = 0
  for await (const { line, cells } of (await openTable(file)).rows) {
    assert.equal(line, expected + 2)
    assert.deepEqual(cells, [String(expected), 'é'.repeat(expected % 7)])
    expected++
  }
  assert.equal(expected, 50_000)
})

test('any cells come back as they were written', async t => {
  const cell = fc.string({ unit: fc.constantFrom('a', '1', ' ', ',', '"', '\n', '\r', '\r\n', 'é', '\u{1F600}') })
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(cell, cell), { maxLength: 8 }), async rows => {
      const lines = rows.map(cells => cells.map(text => `"${text.replaceAll('"', '""')}"`).join(','))
      const read = await rowsOf(csvFile(t, ['a,b', ...lines].join('\n')))
      assert.deepEqual(
        read.map(({ cells }) => cells),
        rows
      )
    }),
    { numRuns: 50 }
  )
})

test('a file that is not there, or is a folder, is named', async t => {
  const folder = dirname(csvFile(t, ''))
  const missing = join(folder, 'missing.csv')
  await assert.rejects(openTable(missing), { code: 'MILL_DATA_INVALID', message: `${missing} does not exist` })
  await assert.rejects(openTable(folder), {
    code: 'MILL_DATA_INVALID',
    message: `${folder} is a folder, but must be a CSV file`
  })
})

test('a file without a header is refused', async t => {
  const empty = ' is empty; the first line must name the columns'
  for (const text of ['', '\uFEFF', '\n', ' \r\n\r\n']) await refuses(t, text, empty, {})
  await refuses(t, '1,2\n3,4\n', ' line 1 must name the columns, but holds only numbers', { line: 1 })
})

test('column names must be there and differ', async t => {
  await refuses(t, 'input,,target\n', ' line 1 gives column 2 no name', { line: 1 })
  await refuses(t, 'input,target, target\n', ' line 1 names the column "target" twice', { line: 1 })
})

test('a missing column is refused with the columns there are', async t => {
  await refuses(t, 'input,value\n1,2\n', ' column "target" does not exist; the columns are "input", "value"', {
    column: 'target'
  })
})

test('a row with too few or too many cells is refused', async t => {
  const header = 'input,target\n1949-01,112\n'
  await refuses(t, `${header}1949-02`, ' line 3 has 1 cell, but the header has 2', { line: 3 })
  await refuses(t, `${header}a,1,2\n`, ' line 3 has 3 cells, but the header has 2', { line: 3 })
})

test('a blank line is refused when rows follow it', async t => {
  await refuses(t, 'input,target\na,1\n\n\nb,2\n', ' line 3 is blank, but rows follow', { line: 3 })
  await refuses(t, '\ninput,target\n', ' line 1 is blank, but rows follow', { line: 1 })
})

test('broken quotes are refused at the line where the row begins', async t => {
  const head = 'input,target\r\n"a\r\nb",1\r\n' // two rows on three lines
  await refuses(t, `${head}"c,2\r\nd,3\r\n`, ' line 4 begins a row whose quotes are never closed', { line: 4 })
  await refuses(t, `${head}c"d,2\r\n`, ' line 4 has a quote where none may be', { line: 4 })
  await refuses(t, `${head}"c"d,2\r\n`, ' line 4 has a quote where none may be', { line: 4 })
})

test('a quote that is never closed does not read a large file into one cell', async t => {
  const rest = 'x'.repeat(3 * 1024 * 1024)
  await refuses(t, `input,target\n"a,${rest}`, ' line 2 begins a row whose quotes are never closed', { line: 2 })
})

test('a cell that must be a number and is none is refused, naming line, column and text', async t => {
  const place = { line: 3, column: 'target' }
  const head = 'input,target\n1949-01,112\n1949-02,'
  const start = ' line 3 column "target" '
  await refuses(t, `${head}\n`, `${start}is empty, but must be a number`, place)
  await refuses(t, `${head}abc\n`, `${start}must be a decimal number, got "abc"`, place)
  await refuses(t, `${head}1e101\n`, `${start}must be within ±1e+100, got "1e101"`, place)
  const long = `${start}must be a decimal number, got "${'x'.repeat(60)}…"`
  await refuses(t, `${head}${'x'.repeat(10_000)}\n`, long, place)
})

test('only decimal numbers within the domain are numbers', () => {
  const place = { file: 'f.csv', line: 2, column: 'c' }
  const numbers = new Map([
    ['0', 0],
    ['-0', -0],
    ['+7', 7],
    ['007', 7],
    ['1.', 1],
    ['-.5', -0.5],
    ['0.1', 0.1],
    ['1e3', 1000],
    ['1E-3', 0.001],
    ['5e-324', 5e-324],
    ['1e-400', 0],
    ['-1e100', -1e100],
    [`1${'0'.repeat(100)}`, 1e100],
    [' 1\t', 1]
  ])
  for (const [text, value] of numbers) {
    assert.ok(isNumberCell(text), text)
    assert.equal(parseNumber(text, place), value, text)
  }
  const syntax = ['', ' ', 'NaN', 'nan', 'Infinity', '-inf', '0x10', '0b1', '1_000', '1,5', '1 000', '--1', '+-1']
  const more = ['1e', 'e5', '.', '-', '1.2.3', '١', '１', '1e5.5', 'true', '1n', '2020-01']
  for (const text of [...syntax, ...more, '1e101', '-1.1e100', '1e400', '9'.repeat(400)]) {
    assert.ok(!isNumberCell(text), text)
    assert.throws(() => parseNumber(text, place), { code: 'MILL_DATA_INVALID', message: /^f\.csv line 2 column "c" / })
  }
})

test('every number that JavaScript writes comes back bit for bit', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, min: -1e100, max: 1e100 }), value => {
      const text = Object.is(value, -0) ? '-0' : String(value)
      assert.equal(parseNumber(text, { file: 'f.csv', line: 2, column: 'c' }), value)
    })
  )
})

test('a table gives numbers, positions and the error of having no rows', async t => {
  const file = csvFile(t, 'a,b\n1,x\n')
  const table = await openTable(file)
  assert.deepEqual(table.columns, ['a', 'b'])
  assert.equal(table.indexOf('b'), 1)
  assert.throws(() => table.indexOf('A'), { message: `${file} column "A" does not exist; the columns are "a", "b"` })
  for await (const row of table.rows) {
    assert.equal(table.number(row, 0), 1)
    assert.throws(() => table.number(row, 1), {
      message: `${file} line 2 column "b" must be a decimal number, got "x"`
    })
  }
  assert.equal(table.emptyError().message, `${file} has a header but no rows`)
})

/** Whether this process has the file open. */
function isOpen(file: string): boolean {
  return readdirSync('/proc/self/fd').some(name => {
    const link = join('/proc/self/fd', name)
    return existsSync(link) && readlinkSync(link) === file
  })
}

const withoutProc = process.platform !== 'linux' && 'needs /proc'

test(
  'leaving the loop early and closing a table that was not read both close the file',
  { skip: withoutProc, timeout: 30_000 },
  async t => {
    const file = csvFile(t, `a\n${'x\n'.repeat(500_000)}`)
    const left = await openTable(file)
    assert.ok(isOpen(file))
    for await (const row of left.rows) if (row.line > 10) break
    while (isOpen(file)) await setImmediate()
    const unread = await openTable(file)
    assert.ok(isOpen(file))
    await unread.close()
    while (isOpen(file)) await setImmediate()
  }
)
