import assert from 'node:assert/strict'
import { test } from 'node:test'
import { features, model, post, send } from './services.ts'

const example = { features: { in_1: 125, in_2: 120 }, target: 130 }

/** Every route that takes an observation, with a body that fits it. */
const routes = [
  { app: async () => features(), url: '/add', body: { series_id: 'prices', value: 125 } },
  { app: () => model(), url: '/train', body: example },
  { app: () => model(), url: '/predict_learn', body: example }
] as const

test('a repeat gets the same bytes, says that it is one, and changes nothing', async () => {
  for (const { app: start, url, body } of routes) {
    const app = await start()
    const first = await send(app, url, { ...body, observation_id: 'a' })
    assert.deepEqual([first.status, first.isReplayed], [200, false], url)
    await send(app, url, body)
    const again = await send(app, url, { ...body, observation_id: 'a' })
    assert.deepEqual([again.status, again.isReplayed, again.text], [200, true, first.text], url)
  }
})

test('what a repeat was answered with is not learned again', async () => {
  const app = await model()
  for (let i = 0; i < 3; i++) await send(app, '/predict_learn', { ...example, observation_id: 7 })
  // One step from 0 with learning rate 0.01: intercept 0.01 * 2 * 130.
  const { body } = await post(app, '/predict', { features: example.features })
  assert.equal((body as { forecast: [{ value: number }] }).forecast[0].value, 2.6)
})

test('one observation may come by /train and by /predict_learn', async () => {
  const app = await model()
  await send(app, '/train', { ...example, observation_id: 'a' })
  const { isReplayed, text } = await send(app, '/predict_learn', { ...example, observation_id: 'a' })
  assert.deepEqual([isReplayed, text], [true, '{"prediction":0}'])
})

test('body and header are two places for one id, and an integer is its decimal text', async () => {
  const ways: [object, Record<string, string>][] = [
    [{ observation_id: 7 }, {}],
    [{ observation_id: '7' }, {}],
    [{}, { 'idempotency-key': '7' }],
    [{}, { 'idempotency-key': '"7"' }],
    [{ observation_id: 7 }, { 'Idempotency-Key': '7' }]
  ]
  const app = features()
  const replies = []
  for (const [body, headers] of ways) replies.push(await send(app, '/add', { value: 1, ...body }, headers))
  assert.deepEqual(
    replies.map(({ isReplayed }) => isReplayed),
    [false, true, true, true, true]
  )
})

test('a quoted header is what stands between the quotes, unescaped', async () => {
  const app = features()
  await send(app, '/add', { value: 1, observation_id: String.raw`say "a\b" twice` })
  const again = await send(app, '/add', { value: 1 }, { 'idempotency-key': String.raw`"say \"a\\b\" twice"` })
  assert.equal(again.isReplayed, true)
})

/** The only fault of a refused request. */
async function faultOf(body: object, headers: Record<string, string> = {}): Promise<{ type: string; loc: unknown[] }> {
  const reply = await send(features(), '/add', { value: 1, ...body }, headers)
  const failed = JSON.parse(reply.text) as { code: string; details: { problems: string[] }; detail: never[] }
  assert.deepEqual([reply.status, failed.code], [422, 'MILL_REQUEST_INVALID'], reply.text)
  assert.equal(failed.details.problems.length, 1)
  assert.equal(failed.detail.length, 1)
  return failed.detail[0]!
}

test('an id that cannot be one is refused, and the reply says where it is', async () => {
  for (const id of ['', 'x'.repeat(257), 1.5, 2 ** 53, true, null, [1], {}, '\ud800']) {
    assert.deepEqual((await faultOf({ observation_id: id })).loc, ['body', 'observation_id'], JSON.stringify(id))
  }
  for (const key of ['', 'x'.repeat(257), 'two words', 'a, a', '"open', 'é', '""', '"a";b=1']) {
    assert.deepEqual((await faultOf({}, { 'idempotency-key': key })).loc, ['header', 'idempotency-key'], key)
  }
})

test('an id has up to 256 characters, whatever they are', async () => {
  const app = features()
  for (const id of ['x'.repeat(256), '😀'.repeat(256), '__proto__', '\u0000', '-0', Number.MIN_SAFE_INTEGER]) {
    const replies = [1, 2].map(() => send(app, '/add', { value: 1, observation_id: id }))
    assert.equal((await Promise.all(replies)).filter(({ isReplayed }) => isReplayed).length, 1)
  }
  assert.equal((await send(app, '/add', { value: 1 }, { 'idempotency-key': '!'.repeat(256) })).status, 200)
})

test('two different ids in one request are refused', async () => {
  assert.deepEqual(await faultOf({ observation_id: 'a' }, { 'idempotency-key': 'b' }), {
    type: 'value_error',
    loc: ['body', 'observation_id'],
    msg: 'Input should be the same as the header Idempotency-Key'
  })
})

test('an id that was used for something else is refused', async () => {
  const others = [
    { series_id: 'prices', value: 126 },
    { ...example, target: 131 },
    { features: {}, target: 130 }
  ]
  for (const [index, { app: start, url, body }] of routes.entries()) {
    const app = await start()
    await send(app, url, { ...body, observation_id: 'a' })
    const { status, text, isReplayed } = await send(app, url, { ...others[index], observation_id: 'a' })
    assert.deepEqual([status, isReplayed], [422, false], url)
    assert.equal((JSON.parse(text) as { code: string }).code, 'MILL_ID_CONFLICT')
  }
})

test('each series has ids of its own', async () => {
  const app = features()
  const add = async (series_id: string) => send(app, '/add', { series_id, value: 1, observation_id: 'a' })
  assert.deepEqual([(await add('a')).isReplayed, (await add('b')).isReplayed], [false, false])
})

test('what was refused is refused again in the same bytes, and the reply says that it came before', async () => {
  const app = await model('amf_regressor')
  // More names than a forest takes.
  const names = Object.fromEntries(Array.from({ length: 8188 }, (_, index) => [`f${index}`, 1]))
  const wide = { features: names, target: 1, observation_id: 'wide' }
  const first = await send(app, '/train', wide)
  const again = await send(app, '/predict_learn', wide)
  assert.deepEqual([first.status, first.isReplayed, again.status, again.isReplayed], [422, false, 422, true])
  assert.equal(again.text, first.text)
  const batch = await send(app, '/predict_learn/batch', { observations: [wide] })
  assert.equal(batch.isReplayed, true)
})
