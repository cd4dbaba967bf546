import assert from 'node:assert/strict'
import { test } from 'node:test'
import { preferredType } from '../src/http/preferred-type.ts'

const page = ['application/json', 'text/html'] as const
const metrics = ['text/plain', 'application/openmetrics-text', 'application/json'] as const

const cases: [accept: string | undefined, offers: readonly [string, ...string[]], expected: string][] = [
  [undefined, page, 'application/json'],
  ['', page, 'application/json'],
  ['*/*', page, 'application/json'],
  ['image/png', page, 'application/json'],
  ['*/*;q=0', page, 'application/json'],
  // Firefox, Chrome.
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', page, 'text/html'],
  ['TEXT/HTML; charset=utf-8', page, 'text/html'],
  ['text/*', page, 'text/html'],
  ['text/html;q=0.4, application/json;q=0.5', page, 'application/json'],
  ['text/html;q=0.5, application/json;q=0.4', page, 'text/html'],
  ['text/html, */*', page, 'text/html'],
  ['text/html, application/json', page, 'text/html'],
  ['application/json, text/html', page, 'application/json'],
  ['text/html;q=0, */*', page, 'application/json'],
  ['application/json;q=0, */*;q=0.1', page, 'text/html'],
  ['text/html;q=nonsense, application/json;q=0.1', page, 'application/json'],
  ['text/html;q=2, application/json;q=0.1', page, 'application/json'],
  // Prometheus.
  [
    'application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3,*/*;q=0.1',
    metrics,
    'application/openmetrics-text'
  ],
  ['application/json', metrics, 'application/json'],
  // axios, httpie.
  ['application/json, text/plain, */*', metrics, 'application/json'],
  ['application/json, */*;q=0.5', metrics, 'application/json'],
  ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', metrics, 'text/plain'],
  ['application/*', metrics, 'application/openmetrics-text']
]

test('the client gets what it likes best of what there is', () => {
  for (const [accept, offers, expected] of cases) assert.equal(preferredType(accept, offers), expected, accept)
})

test('a header of any length is read quickly, and only its beginning counts', () => {
  const long = `${'a/b;q=1,'.repeat(1e6)}text/html`
  assert.equal(preferredType(long, page), 'application/json')
})
