import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { App } from '../src/app-type.ts'
import { buildCoinbase } from '../src/index.ts'
import { common, features, inference, ingestion, model } from './services.ts'

const modelPaths = [
  '/feedback',
  '/health',
  '/info',
  '/metrics',
  '/model_metrics',
  '/predict',
  '/predict_learn',
  '/predict_learn/batch',
  '/predict_many',
  '/train'
]

const documentPaths = [
  '/',
  '/model/reload',
  '/models',
  '/models/info',
  '/models/reload',
  '/models/rollback',
  '/models/{version}/activate',
  '/predict/batch',
  '/predict/bid',
  '/predict/ctr',
  '/predict/fraud',
  '/sample'
]

const experimentPaths = [
  '/ab-test/configure',
  '/ab-test/status',
  '/canaries',
  '/canaries/{id}',
  '/canaries/{id}/freeze',
  '/canaries/{id}/promote',
  '/canaries/{id}/resume',
  '/canaries/{id}/rollback',
  '/experiments',
  '/experiments/{id}',
  '/experiments/{id}/assignment',
  '/experiments/{id}/history',
  '/experiments/{id}/pause',
  '/experiments/{id}/results',
  '/experiments/{id}/start',
  '/experiments/{id}/stop',
  '/experiments/plan',
  '/feedback/batch',
  '/shadows',
  '/shadows/{id}',
  '/shadows/{id}/stop'
]

/** Of the standard protocols, which the inference service speaks as well. */
const standardPaths = /^\/(v1|v2|invocations|ping|version|livez|readyz|healthz)\b/

const services: [string, App, string[]][] = [
  ['ingestion', ingestion(), ['/commit', '/health', '/metrics', '/next', '/reset', '/status']],
  ['features', features(), ['/add', '/health', '/info', '/metrics', '/series/{series_id}']],
  ['coinbase', buildCoinbase(common), ['/health', '/metrics', '/next']],
  ['model', await model(), modelPaths],
  ['inference', await inference(), [...documentPaths, ...experimentPaths, ...modelPaths].toSorted()]
]

interface Document {
  openapi: string
  info: { title: string; version: string }
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, unknown> }
}
interface Operation {
  operationId: string
  summary: string
  responses: Record<string, { description: string }>
}

for (const [name, app, paths] of services) {
  test(`the OpenAPI document of ${name} is whole`, async () => {
    const reply = await app.inject('/openapi.json')
    const document: Document = reply.json()
    assert.equal(document.openapi, '3.1.0')
    assert.equal(document.info.title, `Millrace ${name}`)
    assert.match(document.info.version, /^\d+\.\d+\.\d+/)
    const ours = Object.keys(document.paths).filter(path => !standardPaths.test(path))
    assert.deepEqual(ours.toSorted(), paths)
    const operations = Object.values(document.paths).flatMap(path => Object.values(path))
    assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length)
    for (const { summary, responses } of operations) {
      assert.ok(summary)
      assert.ok(Object.keys(responses).length > 0)
      for (const { description } of Object.values(responses)) assert.notEqual(description, 'Default Response')
    }
    // Every reference leads somewhere, and what it leads to is a described schema.
    const named = Object.keys(document.components.schemas)
    for (const [, schema] of reply.body.matchAll(/"\$ref":"#\/components\/schemas\/(\w+)"/g)) {
      assert.ok(named.includes(schema!), schema)
    }
    assert.ok(named.every(schema => new RegExp(`"#/components/schemas/${schema}"`).test(reply.body)))
    assert.doesNotMatch(reply.body, /"~|undefined/)
  })

  test(`the pages of ${name} load from here only`, async () => {
    for (const page of ['/docs', '/docs/', '/redoc', '/redoc/', '/api/docs', '/api/redoc']) {
      const reply = await app.inject(page)
      assert.equal(reply.statusCode, 200)
      assert.match(String(reply.headers['content-type']), /^text\/html/)
      const policy = String(reply.headers['content-security-policy'])
      assert.match(policy, /^default-src 'none';/)
      assert.doesNotMatch(policy, /https?:|\*|unsafe-eval|script-src[^;]*unsafe/)
      assert.doesNotMatch(reply.body, /https?:\/\/|"\/\//)
      const links = [...reply.body.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link!)
      assert.ok(links.length >= 3)
      for (const link of links) {
        const { pathname, host } = new URL(link, `http://here${page}`)
        assert.equal(host, 'here')
        assert.equal((await app.inject(pathname)).statusCode, 200, pathname)
      }
    }
  })
}

test('a request is documented with the names, defaults and limits that are checked', async () => {
  const { components }: Document = (await features().inject('/openapi.json')).json()
  assert.deepEqual(components.schemas['AddRequest'], {
    title: 'AddRequest',
    description: 'POST /add: one new value of a series.',
    type: 'object',
    required: ['value'],
    properties: {
      series_id: {
        type: 'string',
        maxLength: 1024,
        description: 'Name of the series: any text of up to 1024 characters.',
        default: 'default'
      },
      value: {
        type: 'number',
        minimum: -1e100,
        maximum: 1e100,
        description: 'The newest value of the series.',
        examples: [125]
      },
      observation_id: {
        type: ['string', 'integer'],
        minLength: 1,
        maxLength: 256,
        minimum: -9007199254740991,
        maximum: 9007199254740991,
        description:
          'Id of this observation: text of 1 to 256 characters, or an integer, which means the same as its decimal ' +
          'text. A repeat is answered as the first time and changes nothing.',
        examples: ['prices-2024-01-15']
      }
    }
  })
})

async function headersOf(app: App, path: string, method: string): Promise<string[]> {
  const { paths } = (await app.inject('/openapi.json')).json()
  const parameters: { in: string; name: string }[] = paths[path][method].parameters
  return parameters.map(parameter => `${parameter.in} ${parameter.name}`)
}

test('request headers that are looked at are documented', async () => {
  const learner = await model()
  for (const path of ['/train', '/predict_learn', '/predict_learn/batch', '/feedback']) {
    assert.deepEqual(await headersOf(learner, path, 'post'), ['header idempotency-key'], path)
  }
  assert.deepEqual(await headersOf(features(), '/add', 'post'), ['header idempotency-key'])
  assert.deepEqual(await headersOf(ingestion(), '/next', 'get'), ['header x-millrace-delivery'])
})

test('API_TITLE and API_VERSION name the documents of the inference service', async () => {
  const app = await inference([], { apiTitle: 'Wine <&> more', apiVersion: '2.5' })
  const { info } = (await app.inject('/openapi.json')).json<Document>()
  assert.deepEqual([info.title, info.version], ['Wine <&> more', '2.5'])
  for (const page of ['/docs', '/redoc']) {
    assert.match((await app.inject(page)).body, /<title>Wine &lt;&amp;&gt; more<\/title>/)
  }
  const welcome = (await app.inject('/')).json<{ name: string; version: string }>()
  assert.deepEqual([welcome.name, welcome.version], ['Wine <&> more', '2.5'])
})
