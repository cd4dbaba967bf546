import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import { Registry } from 'prom-client'
import { buildApp } from '../../src/app.ts'
import { welcomeRoute } from '../../src/documents/welcome-route.ts'
import { common } from '../services.ts'
import { documentApp } from './document-app.ts'
import { get } from './json.ts'
import { labels, scriptedModels } from './scripted-models.ts'

const { app } = await documentApp({ after }, { config: { ...common.config, apiTitle: 'My API', apiVersion: '2.3' } })
const browser = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8'

test('the root tells programs what this is and where to go', async () => {
  for (const headers of [{}, { accept: '*/*' }, { accept: 'application/json' }] as Record<string, string>[]) {
    const { status, body, headers: got } = await get(app, '/', headers)
    assert.equal(status, 200)
    assert.equal(got['vary'], 'Accept')
    assert.equal(body['name'], 'My API')
    assert.equal(body['version'], '2.3')
    assert.equal(body['status'], 'alive')
    assert.equal(typeof body['description'], 'string')
    const routes = body['routes'] as string[]
    for (const [, path] of Object.entries(body['endpoints'] as Record<string, string>)) {
      const isServed = routes.some(route => route.endsWith(` ${path}`))
      assert.ok(isServed || (await app.inject(path)).statusCode === 200, path)
    }
    assert.ok(routes.includes('POST /predict_learn') && routes.includes('POST /predict/batch'))
  }
})

test('the root is a page for browsers, whose links lead somewhere, under any prefix', async () => {
  for (const [url, base] of [
    ['/', 'http://here/'],
    ['/api', 'http://here/api'],
    ['/api/', 'http://here/api/']
  ] as const) {
    const reply = await app.inject({ url, headers: { accept: browser } })
    assert.equal(reply.statusCode, 200)
    assert.match(String(reply.headers['content-type']), /^text\/html/)
    assert.equal(reply.headers['vary'], 'Accept')
    assert.doesNotMatch(reply.body, /<script|https?:\/\/|style="/)
    assert.match(reply.body, /^<!doctype html>\n<html lang="en">/)
    assert.match(reply.body, /<title>My API<\/title>/)
    const links = [...reply.body.matchAll(/href="([^"]+)"/g)].map(([, link]) => link!.replaceAll('&amp;', '&'))
    assert.ok(links.length > 10)
    for (const link of links) {
      const { pathname, search, host } = new URL(link, base)
      assert.equal(host, 'here')
      assert.ok(pathname.startsWith('/api/') === url.startsWith('/api'), `${url} ${link}`)
      assert.equal((await app.inject(pathname + search)).statusCode, 200, pathname + search)
    }
  }
})

test('the page may only show its own style', async () => {
  const { body, headers } = await app.inject({ url: '/', headers: { accept: browser } })
  const style = /<style>([^]*)<\/style>/.exec(body)![1]!
  const hash = createHash('sha256').update(style).digest('base64')
  const policy = String(headers['content-security-policy'])
  assert.ok(policy.startsWith("default-src 'none'; "))
  assert.ok(policy.includes(`style-src 'sha256-${hash}'`))
  assert.doesNotMatch(policy, /unsafe|https?:|\*/)
})

test('names of models and of the API are text, whatever is in them', async () => {
  const name = `<script>alert("1")</script>&'/..`
  const models = scriptedModels({ [name]: { answer: () => [labels('a', [1])] } })
  const other = buildApp({ ...common, service: 'inference', registry: new Registry() })
  void other.register(welcomeRoute, { models, title: name, version: '"><b>', routes: [] })
  const { body } = await other.inject({ url: '/', headers: { accept: browser } })
  assert.doesNotMatch(body, /<script|<b>|alert\("/)
  assert.ok(body.includes('&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;/..'))
  assert.ok(body.includes(`v2/models/${encodeURIComponent(name).replaceAll("'", '&#39;')}"`))
})
