import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { MillraceError } from '@millrace/common'
import type { ColumnChoice } from '../src/evaluation/replay-columns.ts'
import { openReplay, type Replay } from '../src/evaluation/replay-rows.ts'
import { csvFile } from './csv-file.ts'

type PlainRow = [label: string, target: number, features: Record<string, number>]

async function read(context: TestContext, text: string, choice: ColumnChoice = {}) {
  const replay = await openReplay(csvFile(context, text), choice)
  const rows: PlainRow[] = []
  for await (const { label, target, features } of replay.rows) rows.push([label, target, { ...features }])
  return { replay, rows }
}

function roles({ target, features, ignored, lags }: Replay): unknown[] {
  return [target, features, ignored, lags]
}

/** The message without the file's folder. */
async function failure(context: TestContext, text: string, choice: ColumnChoice = {}): Promise<string> {
  const error = await read(context, text, choice).then(
    () => assert.fail('it was read'),
    (reason: unknown) => reason
  )
  assert.ok(error instanceof MillraceError)
  return `${error.code}: ${error.message.replace(/\S*data\.csv/, 'data.csv')}`
}

test('a series of numbers becomes its lags, newest first, 0 where there is none yet', async context => {
  const { replay, rows } = await read(context, 'month,passengers\n1949-01,112\n1949-02,118\n1949-03,132\n', { lags: 2 })
  assert.deepEqual(roles(replay), ['passengers', [], [], 2])
  assert.deepEqual(rows, [
    ['1949-01', 112, { in_1: 0, in_2: 0 }],
    ['1949-02', 118, { in_1: 112, in_2: 0 }],
    ['1949-03', 132, { in_1: 118, in_2: 112 }]
  ])
})

test('there are 15 lags when there is no other feature, else none', async context => {
  assert.equal((await read(context, 'time,y\na,1\n')).replay.lags, 15)
  assert.equal((await read(context, 'x,y\n1,1\n')).replay.lags, 0)
})

test('features are the other numeric columns, then the lags', async context => {
  const { replay, rows } = await read(context, 'x,name,z,y\n1,ann,2,3\n4,bob,5,6\n', { lags: 1 })
  assert.deepEqual(roles(replay), ['y', ['x', 'z'], ['name'], 1])
  assert.deepEqual(rows, [
    ['', 3, { x: 1, z: 2, in_1: 0 }],
    ['', 6, { x: 4, z: 5, in_1: 3 }]
  ])
  assert.deepEqual(Object.keys(rows[1]![2]), ['x', 'z', 'in_1'])
})

test('the target is the column called target, else the last numeric one, else what is asked for', async context => {
  const text = 'a,target,b,c\n1,2,3,text\n'
  assert.equal((await read(context, text)).replay.target, 'target')
  assert.equal((await read(context, text.replace('target', 't'))).replay.target, 'b')
  assert.equal((await read(context, text, { target: 'a' })).replay.target, 'a')
})

test('a time column is the label, and neither feature nor default target', async context => {
  const { replay, rows } = await read(context, 'x,y,unix\n1,2,1600\n', { time: 'unix' })
  assert.deepEqual(roles(replay), ['y', ['x'], [], 0])
  assert.deepEqual(rows, [['1600', 2, { x: 1 }]])
})

test('an empty cell is a feature that the row lacks', async context => {
  const { rows } = await read(context, 'x,z,y\n1,2,3\n,2,4\n5, ,6\n7,8,9\n')
  assert.deepEqual(
    rows.map(([, , features]) => features),
    [{ x: 1, z: 2 }, { z: 2 }, { x: 5 }, { x: 7, z: 8 }]
  )
})

test('the first cell that is not empty decides whether a column is numeric', async context => {
  const { rows } = await read(context, 'x,late,text,y\n1,,,1\n2,7,word,2\n3,8,,3\n')
  assert.deepEqual(
    rows.map(([, , features]) => features),
    [{ x: 1 }, { x: 2, late: 7 }, { x: 3, late: 8 }]
  )
})

test('names that objects have by themselves are ordinary', async context => {
  const { rows } = await read(context, '__proto__,constructor,y\n1,2,3\n4,5,6\n')
  assert.deepEqual(
    rows.map(([, , features]) => Object.entries(features)),
    [
      [
        ['__proto__', 1],
        ['constructor', 2]
      ],
      [
        ['__proto__', 4],
        ['constructor', 5]
      ]
    ]
  )
})

test('byte order mark, quotes, line ends of Windows and blanks around numbers are fine', async context => {
  const { rows } = await read(context, '\uFEFF"day, or so","y"\r\n"Monday, early"," 1.5 "\r\n"say ""two""",-2e1\r\n', {
    lags: 0
  })
  assert.deepEqual(rows, [
    ['Monday, early', 1.5, {}],
    ['say "two"', -20, {}]
  ])
})

test('bad cells are named by file, line and column', async context => {
  assert.equal(
    await failure(context, 'x,y\n1,2\n3,\n'),
    'MILL_DATA_INVALID: data.csv line 3 column "y" is empty, but must be a number'
  )
  assert.equal(
    await failure(context, 'x,y\n1,2\noops,3\n'),
    'MILL_DATA_INVALID: data.csv line 3 column "x" must be a decimal number, got "oops"'
  )
  assert.match(await failure(context, 'x,y\n1,2\n1e101,3\n'), /line 3 column "x" must be within/)
  assert.match(await failure(context, 'x,y\n1,2\n3\n'), /line 3 has 1 cell, but the header has 2/)
})

test('missing columns are answered with those there are', async context => {
  const message = 'does not exist; the columns are "x", "y"'
  assert.match(await failure(context, 'x,y\n1,2\n', { target: 'z' }), new RegExp(`column "z" ${message}`))
  assert.match(await failure(context, 'x,y\n1,2\n', { time: 'when' }), new RegExp(`column "when" ${message}`))
})

test('files without rows, without numbers and with colliding names say so', async context => {
  assert.match(await failure(context, ''), /MILL_DATA_INVALID: data.csv is empty/)
  assert.match(await failure(context, 'x,y\n'), /MILL_DATA_INVALID: data.csv has a header but no rows/)
  assert.match(await failure(context, 'x,y\na,b\n'), /MILL_DATA_INVALID: data.csv has no column to predict/)
  assert.match(await failure(context, 'in_2,y\n1,2\n', { lags: 2 }), /MILL_OPTION_INVALID: column in_2 has the name/)
  assert.match(await failure(context, 'x,y\n1,2\n', { target: 'y', time: 'y' }), /MILL_OPTION_INVALID: column y cannot/)
  assert.equal((await read(context, 'in_3,y\n1,2\n', { lags: 2 })).rows.length, 1)
})

test('a file that is not there says so', async () => {
  await assert.rejects(openReplay('/nowhere/data.csv'), { code: 'MILL_DATA_INVALID' })
})
