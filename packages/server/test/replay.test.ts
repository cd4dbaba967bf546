import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replayHelp } from '../src/cli/replay-help.ts'
import { csvFile, FakeProcess, replay, threeDays } from './replay-host.ts'

test('the table ranks by MAE and marks the baselines', async context => {
  const { code, out, err } = await replay(context, threeDays, [
    '--models',
    'linear_regression,seasonal_naive',
    '--season',
    '1'
  ])
  assert.equal(code, 0)
  assert.equal(err, '')
  const lines = out.split('\n')
  assert.equal(lines[0], 'y predicted from 15 lags: 3 rows in 0 ms')
  assert.match(lines[2]!, /^model +scored +MAE +RMSE +MAPE % +R2 +µs\/row$/)
  // Season 1: errors 10 and 20, MAE 15, of 20 and 40: 50 %. Linear begins at 0: its errors are larger.
  assert.match(lines[4]!, /^seasonal_naive \* +2 +15\.0000 +15\.8114 +50\.0000 /)
  assert.match(lines[5]!, /^linear_regression +3 /)
  assert.deepEqual(lines.slice(8, 10), [
    'Compared over rows 2 to 3, which all were scored on:',
    'No model beats the baseline seasonal_naive (MAE 15.0000).'
  ])
  assert.ok(out.includes('∘∘∘ linear_regression'))
  assert.ok(out.trimEnd().endsWith('the "third"'))
  assert.ok(!out.includes('\u001b'))
})

test('a winner is named with the best baseline', async context => {
  const line = Array.from({ length: 400 }, (_, x) => `${x % 7},${3 * (x % 7)}`)
  const { out } = await replay(context, `x,y\n${line.join('\n')}\n`, [])
  assert.match(out, /\namf_regressor \(MAE \d\.\d{4}\) wins\.\nIt has \d+\.\d % less error than the best baseline/)
})

test('columns that are left out are named', async context => {
  const { out } = await replay(context, 'x,colour,y\n1,red,2\n', ['--models', 'linear_regression'])
  assert.ok(out.startsWith('y predicted from 1 feature: 1 row in 0 ms\nNot numeric, left out: colour\n'))
})

test('--json prints one document and nothing else', async context => {
  const file = csvFile(context, 'x,y\n0,0\n5,10\n5,20\n')
  const host = new FakeProcess()
  assert.equal(await host.run([file, '--json', '--models', 'seasonal_naive', '--season', '1', '--seed', '7']), 0)
  assert.equal(host.stderr.text, '')
  const { models, ...document }: { models: Record<string, unknown>[] } = JSON.parse(host.stdout.text)
  assert.deepEqual(document, { file, rows: 3, target: 'y', lags: 0, seed: 7, comparableFrom: 2 })
  assert.equal(models.length, 1)
  const { smape, rmse, r2, ...exact } = models[0]!
  assert.deepEqual(exact, {
    name: 'seasonal_naive',
    baseline: true,
    scored: 2,
    mae: 10,
    comparableMae: 10,
    mape: 75,
    microsecondsPerRow: 0
  })
  // 200 % and 2 * 10 / 30; errors 10 and 10; actuals 10 and 20 with mean 15.
  assert.deepEqual([Number(smape).toFixed(6), rmse, r2], [((200 + 200 / 3) / 2).toFixed(6), 10, -3])
})

test('--json has null for measures that do not exist', async context => {
  const { out } = await replay(context, threeDays, ['--json', '--models', 'seasonal_naive'])
  const document: { models: { scored: number; mae: unknown }[] } = JSON.parse(out)
  assert.deepEqual(
    document.models.map(({ scored, mae }) => [scored, mae]),
    [[0, null]]
  )
})

test('--csv prints every row with its predictions, labels quoted where they must be', async context => {
  const { code, out, err } = await replay(context, threeDays, [
    '--csv',
    '--models',
    'seasonal_naive,linear_regression',
    '--season',
    '1'
  ])
  assert.equal(code, 0)
  assert.equal(err, '')
  // Linear learns with step 0.02 from intercept and scaled lags: 0, then 0.02 * 10.
  const lines = out.split('\n')
  assert.deepEqual(lines.slice(0, 3), [
    'row,label,actual,seasonal_naive,linear_regression',
    '1,"Mo, early",10,,0',
    '2,Tu,20,10,0.2'
  ])
  assert.match(lines[3]!, /^3,"the ""third""",40,20,\d+\.\d+$/)
  assert.equal(lines[4], '')
})

test('numbers in --csv read back as the same numbers', async context => {
  const actuals = [0.1 + 0.2, 1e-7, 123456789.12345679, 5e99, -0.5]
  const text = `t,y\n${actuals.map((actual, index) => `r${index},${actual}`).join('\n')}\n`
  const { out } = await replay(context, text, ['--csv', '--models', 'seasonal_naive', '--season', '1'])
  const rows = out
    .trim()
    .split('\n')
    .slice(1)
    .map(line => line.split(','))
  assert.deepEqual(
    rows.map(row => Number(row[2])),
    actuals
  )
  assert.deepEqual(
    rows.slice(1).map(row => Number(row[3])),
    actuals.slice(0, -1)
  )
})

test('a terminal gets a progress bar on stderr, which is gone at the end, and colour', async context => {
  const lines = Array.from({ length: 300 }, (_, index) => `${index},${index}`)
  const host = new FakeProcess({ tickMs: 1, isTTY: true })
  const { out, err } = await replay(context, `x,y\n${lines.join('\n')}\n`, [], host)
  assert.match(err, /▏ +\d+ % · \d+ rows · [\d,]+ rows\/s · \d+ ms left/)
  assert.ok(err.endsWith('\r\u001b[2K'))
  assert.ok(out.includes('\u001b[36m'))
})

test('NO_COLOR and a dumb terminal are respected', async context => {
  const file = csvFile(context, threeDays)
  for (const env of [{ NO_COLOR: '1' }, { TERM: 'dumb' }]) {
    const host = new FakeProcess({ isTTY: true })
    await host.run([file], env)
    assert.ok(!host.stdout.text.includes('\u001b['))
  }
})

test('a bad cell ends the replay with its place, after the rows before it', async context => {
  const file = csvFile(context, 'x,y\n1,2\n3,four\n')
  const host = new FakeProcess()
  await assert.rejects(host.run([file, '--csv', '--models', 'last_value']), {
    code: 'MILL_DATA_INVALID',
    message: `${file} line 3 column "y" must be a decimal number, got "four"`
  })
  assert.equal(host.stdout.text.split('\n')[1]?.slice(0, 5), '1,,2,')
})

test('a byte order mark, many features and a missing cell are fine', async context => {
  const { code, out } = await replay(context, '\uFEFFa,b,target\r\n1,2,3\r\n4,,5\r\n', ['--json'])
  assert.equal(code, 0)
  const document: { rows: number; target: string; lags: number } = JSON.parse(out)
  assert.deepEqual([document.rows, document.target, document.lags], [2, 'target', 0])
})

test('help names every option', () => {
  for (const option of 'target time lags season models limit seed speed json csv help model set data-dir from to'.split(
    ' '
  )) {
    assert.ok(replayHelp.includes(`  --${option} `), option)
  }
})
