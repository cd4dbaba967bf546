import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { type LearnCommand, learnerNames } from '@millrace/engine'
import { pruneJournal } from '@millrace/store'
import { observation, settings, taught, temporaryFolder, waves } from './journal-data.ts'
import { csvFile, FakeProcess } from './replay-host.ts'

/** What `millrace replay --journal ...` prints and answers. */
async function replay(dataDir: string, ...args: string[]) {
  const host = new FakeProcess()
  const code = await host.run(['--journal', ...args, '--data-dir', dataDir])
  return { code, out: host.stdout.text, err: host.stderr.text }
}

interface Document {
  rows: number
  first: number
  last: number
  refused: number
  repeats: number
  comparableFrom: number
  incomplete?: boolean
  models: ({ name: string; served: boolean; microsecondsPerRow: unknown; parameters: unknown } & Record<
    (typeof measures)[number],
    number
  >)[]
}

const measures = ['scored', 'mae', 'comparableMae', 'rmse', 'mape', 'smape', 'r2'] as const

async function documentOf(dataDir: string, ...args: string[]): Promise<Document> {
  const { out } = await replay(dataDir, ...args, '--json')
  return JSON.parse(out) as Document
}

function measuresOf(model: Document['models'][number] | undefined): unknown[] {
  return measures.map(measure => model?.[measure])
}

const parametersOf = {
  linear_regression: { learning_rate: 0.02 },
  ridge_regression: { l2: 0.5 },
  knn_regressor: { neighbors: 3, window: 40 },
  amf_regressor: { trees: 4 }
} as const

for (const learner of learnerNames) {
  test(`with the recorded settings ${learner} has the scores that were served, to the last digit`, async context => {
    const dataDir = temporaryFolder(context)
    const parameters = parametersOf[learner]
    const rows = waves(200)
    const commands = [
      ...rows.slice(0, 150),
      rows[149]!,
      observation({ a: 1 }, 5, { observationId: 'row-1' }),
      ...rows.slice(150)
    ]
    const { outcomes } = await taught(dataDir, 'x', [settings(learner, { parameters }), ...commands])
    const { models, ...document } = await documentOf(dataDir, 'x')
    const [served, again] = models
    assert.deepEqual(measuresOf(again), measuresOf(served))
    assert.deepEqual(
      [served!.name, served!.served, again!.name, again!.served],
      [`${learner} as served`, true, learner, false]
    )
    const { rows: scored, first, last, refused, repeats } = document
    assert.deepEqual([scored, first, last, refused, repeats], [200, 2, 203, 1, 1])
    // By hand, from what the machine answered.
    const learned = outcomes.flatMap(outcome =>
      outcome?.kind === 'learned' && !outcome.isRepeat ? [outcome.prediction] : []
    )
    const errors = learned.map((prediction, index) => Math.abs(rows[index]!.target - prediction))
    const mae = errors.reduce((sum, error) => sum + error, 0) / 200
    assert.ok(Math.abs(served!.mae - mae) < 1e-12 * mae, `${served!.mae} ${mae}`)
    const named = Object.entries(parameters).flatMap(([name, value]) => ['--set', `${name}=${value}`])
    const same = await documentOf(dataDir, 'x', '--model', learner, ...named)
    assert.deepEqual(measuresOf(same.models[1]), measuresOf(served))
  })
}

/** Rows between which come others that no learner should learn, or that make it explode. */
const storms: Record<string, (rows: ReturnType<typeof waves>) => LearnCommand[]> = {
  'single poison rows': rows => rows.flatMap((row, index) => (index % 17 === 16 ? [poison(index), row] : [row])),
  'poison rows that insist': rows => [
    ...rows.slice(0, 100),
    ...Array.from({ length: 14 }, (_, index) => poison(index)),
    ...rows.slice(100)
  ],
  'rows that make it explode': rows =>
    rows.map((row, index) => (index % 50 === 49 ? { ...row, features: { ...row.features, a: 1e6 * index } } : row))
}

function poison(index: number): LearnCommand {
  return observation({ a: 1 + index / 10, b: 1 }, 1e12 + index, { observationId: `poison-${index}` })
}

for (const [name, storm] of Object.entries(storms)) {
  test(`the scores are those that were served through ${name} and changing limits, too`, async context => {
    const dataDir = temporaryFolder(context)
    const recipe = { parameters: { learning_rate: 0.3 } }
    const first = settings('linear_regression', recipe)
    const fewer = settings('linear_regression', { ...recipe, limits: { ids: 10, featureNames: 3 } })
    const tooMany = observation({ a: 1, b: 1, c: 1, d: 1 }, 5)
    const commands = [...storm(waves(300)), fewer, tooMany, ...storm(waves(200, 400))]
    const { machine, outcomes } = await taught(dataDir, 'x', [first, ...commands])
    assert.ok(machine.guardSkips > 0)
    const { models, refused } = await documentOf(dataDir, 'x')
    assert.equal(refused, outcomes.filter(outcome => outcome?.kind === 'refused').length)
    assert.deepEqual(measuresOf(models[1]), measuresOf(models[0]))
  })
}

/** A learner that was taught some rows. */
async function knn(context: TestContext): Promise<string> {
  const dataDir = temporaryFolder(context)
  const first = settings('knn_regressor', { parameters: { neighbors: 9, window: 77 } })
  await taught(dataDir, 'knn', [first, ...waves(120)])
  return dataDir
}

test('a model of the recorded name begins with what was recorded, another with its defaults', async context => {
  const dataDir = await knn(context)
  const args = '--model knn_regressor --set n_neighbors=2 --model amf_regressor --set trees=3 --model last_value'
  const { models } = await documentOf(dataDir, 'knn', ...args.split(' '))
  assert.deepEqual(
    models.map(({ name }) => name),
    ['knn_regressor as served', 'knn_regressor n_neighbors=2', 'amf_regressor trees=3', 'last_value']
  )
  const [served, other, forest, baseline] = models.map(({ parameters }) => parameters as Record<string, unknown>)
  assert.deepEqual([served!['neighbors'], served!['window']], [9, 77])
  assert.deepEqual([other!['neighbors'], other!['window']], [2, 77])
  assert.deepEqual([forest!['trees'], forest!['seed']], [3, 42])
  assert.deepEqual(baseline, {})
  assert.notDeepEqual(measuresOf(models[1]), measuresOf(models[0]))
})

test('--seed is that of the models which draw random numbers, otherwise it is the recorded one', async context => {
  const dataDir = temporaryFolder(context)
  await taught(dataDir, 'x', [settings('amf_regressor', { parameters: { seed: 7 } }), ...waves(80)])
  const recorded = await documentOf(dataDir, 'x')
  assert.deepEqual(measuresOf(recorded.models[1]), measuresOf(recorded.models[0]))
  const seeded = await documentOf(dataDir, 'x', '--seed', '8')
  assert.equal((seeded.models[1]!.parameters as { seed: number }).seed, 8)
  assert.notDeepEqual(measuresOf(seeded.models[1]), measuresOf(seeded.models[0]))
  const set = await documentOf(dataDir, 'x', '--set', 'seed=7', '--seed', '8')
  assert.deepEqual(measuresOf(set.models[1]), measuresOf(set.models[0]))
})

test('--from and --to score a part, over which all have learned what comes before', async context => {
  const dataDir = await knn(context)
  const whole = await replay(dataDir, 'knn', '--csv', '--model', 'linear_regression')
  const part = await replay(dataDir, 'knn', '--csv', '--model', 'linear_regression', '--from', '50', '--to', '60')
  const lines = whole.out.trimEnd().split('\n')
  assert.equal(lines[0], 'sequence,time,actual,knn_regressor as served,linear_regression')
  assert.deepEqual(part.out.trimEnd().split('\n'), [lines[0], ...lines.slice(49, 60)])
  const { rows, first, last, models } = await documentOf(dataDir, 'knn', '--from', '50', '--to', '60')
  assert.deepEqual([rows, first, last, models[0]!.scored], [11, 50, 60, 11])
})

test('the table says who wins against what was served', async context => {
  const dataDir = await knn(context)
  const { code, out, err } = await replay(dataDir, 'knn', '--model', 'knn_regressor', '--set', 'n_neighbors=1')
  assert.deepEqual([code, err], [0, ''])
  const lines = out.split('\n')
  assert.equal(lines[0], 'knn (knn_regressor): 120 rows of records 2 to 121 in 0 ms')
  assert.match(lines[2]!, /^model +scored +MAE +RMSE +MAPE % +R2 +µs\/row$/)
  assert.match(out, /\nknn_regressor as served +120 .* -\n/)
  assert.match(
    out,
    /\n(knn_regressor n_neighbors=1 \(MAE [\d.]+\) wins\.\nIt has [\d.]+ % less error than|Nothing beats) knn_regressor as served \(MAE/
  )
  const same = await replay(dataDir, 'knn')
  assert.match(same.out, /\nknn_regressor \(MAE ([\d.]+)\) has the same error as the model as served\.\n/)
  const worse = await replay(dataDir, 'knn', '--set', 'n_neighbors=70')
  assert.match(
    worse.out,
    /\nNothing beats knn_regressor as served \(MAE [\d.]+\)\.\nThe best of the others, knn_regressor n_neighbors=70 \(MAE [\d.]+\), has [\d.]+ % more error\.\n/
  )
})

test('a journal without its beginning is replayed from its oldest snapshot, which is said', async context => {
  const dataDir = temporaryFolder(context)
  const { folder } = await taught(dataDir, 'x', [settings('linear_regression'), ...waves(1500)], {
    snapshotsAt: [700, 1200]
  })
  pruneJournal(folder, { retentionBytes: 0 })
  const { out } = await replay(dataDir, 'x')
  const lines = out.split('\n')
  assert.equal(lines[0], 'x (linear_regression): 801 rows of records 701 to 1,501 in 0 ms')
  assert.equal(lines[1], 'Kept from record 701 on: the model as served knew the ones before, too')
})

test('a journal is replayed by the path of its folder, too', async context => {
  const host = new FakeProcess()
  const folder = join(await knn(context), 'journal', 'knn')
  assert.equal(await host.run(['--journal', folder, '--json']), 0)
  assert.equal((JSON.parse(host.stdout.text) as Document).rows, 120)
})

test('Ctrl-C shows the scores so far, says so and answers 130', async context => {
  const dataDir = await knn(context)
  for (const output of ['--json', '--csv']) {
    const host = new FakeProcess({ tickMs: 10 })
    host.onWait = () => host.interrupt()
    assert.equal(await host.run(['--journal', 'knn', '--data-dir', dataDir, output]), 130)
    if (output === '--csv') assert.match(host.stderr.text, /\nIncomplete: stopped after \d+ rows\.\n$/)
    else assert.equal((JSON.parse(host.stdout.text) as Document).incomplete, true)
  }
})

test('a reader that goes away ends the replay quietly', async context => {
  const dataDir = await knn(context)
  const host = new FakeProcess({ tickMs: 10 })
  host.onWait = () => host.stdout.emit('error', Object.assign(new Error('broken pipe'), { code: 'EPIPE' }))
  assert.equal(await host.run(['--journal', 'knn', '--data-dir', dataDir, '--csv']), 0)
  assert.equal(host.stderr.text, '')
})

test('a terminal gets a progress bar and a chart', async context => {
  const dataDir = await knn(context)
  const host = new FakeProcess({ tickMs: 1, isTTY: true })
  await host.run(['--journal', 'knn', '--data-dir', dataDir])
  assert.match(host.stderr.text, /▏ +\d+ % · \d+ rows · /)
  assert.ok(host.stderr.text.endsWith('\r\u001b[2K'))
  assert.ok(host.stdout.text.includes('2001-09-09T01:46:40.000Z'))
})

test('an empty journal, and settings that the recorded model does not have, are told', async context => {
  const dataDir = await knn(context)
  await assert.rejects(replay(dataDir, 'knn', '--set', 'l2=1'), {
    code: 'MILL_OPTION_INVALID',
    message: /^knn_regressor has no parameter l2; it has /
  })
  await assert.rejects(replay(dataDir, 'kn'), { code: 'MILL_OPTION_INVALID', message: /^there is no learner kn, / })
})

test('in a file, a learner with settings of its own is compared under a name that says so', async context => {
  const rows = waves(60).map(({ features, target }) => `${features['a']},${features['b']},${target}`)
  const host = new FakeProcess()
  const file = csvFile(context, `a,b,target\n${rows.join('\n')}\n`)
  await host.run([
    file,
    '--json',
    '--models',
    'knn_regressor',
    '--model',
    'knn_regressor',
    '--set',
    'n_neighbors=2',
    '--model',
    'linear_regression'
  ])
  const { models } = JSON.parse(host.stdout.text) as Document
  assert.deepEqual(
    models.map(({ name }) => name),
    ['knn_regressor', 'knn_regressor n_neighbors=2', 'linear_regression']
  )
  assert.notEqual(models[0]!.mae, models[1]!.mae)
})
