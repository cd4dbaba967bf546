import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { headerText, routeFacts } from '../src/http/route-facts.ts'
import { HttpError } from '../src/http/failure.ts'
import { whoAsksBy } from '../src/http/who-asks.ts'

const whoAsks = whoAsksBy()
const id = 'request'

const given = (unit: string) => ({ id: unit, isGiven: true })

test('the unit that a request names counts before its header, that before its own id, that before X-Request-ID', () => {
  const headers = { 'x-unit-id': 'header', 'x-request-id': id }
  const names = { unitId: 'named', id: 'own' }
  assert.deepEqual(whoAsks(names, { headers, id }), { unit: given('named'), requestId: 'own' })
  assert.deepEqual(whoAsks({ id: 'own' }, { headers, id }), { unit: given('header'), requestId: 'own' })
  assert.deepEqual(whoAsks({}, { headers, id }), { unit: given('header'), requestId: id })
  const rest = { 'x-request-id': id }
  assert.deepEqual(whoAsks({ id: 'own' }, { headers: rest, id }), { unit: given('own'), requestId: 'own' })
  assert.deepEqual(whoAsks({}, { headers: rest, id }), { unit: given(id), requestId: id })
})

test('an id that was made for the request is a unit that cannot come back', () => {
  assert.deepEqual(whoAsks({}, { headers: {}, id }), { unit: { id, isGiven: false }, requestId: id })
  // This header was not fit to be an id, so another was made.
  const { unit } = whoAsks({}, { headers: { 'x-request-id': 'x'.repeat(129) }, id })
  assert.deepEqual(unit, { id, isGiven: false })
})

test('what comes together in one request are several, each by its position', () => {
  const headers = { 'x-request-id': id }
  assert.deepEqual(whoAsks({}, { headers, id }, 3), {
    unit: { id: 'request_3', isGiven: true },
    requestId: 'request_3'
  })
  const all = { ...headers, 'x-unit-id': 'one' }
  assert.deepEqual(whoAsks({}, { headers: all, id }, 3), { unit: { id: 'one', isGiven: true }, requestId: 'request_3' })
})

test('the header is the one that is configured, in any case', () => {
  const configured = whoAsksBy('X-Customer')
  const headers = { 'x-customer': 'c', 'x-unit-id': 'u' }
  assert.equal(configured({}, { headers, id }).unit.id, 'c')
})

/** Node.js gives the bytes of a header as Latin-1. */
const inHeader = (text: string) => Buffer.from(text).toString('latin1')

test('a header has up to 256 characters, of any alphabet; an empty one is none', () => {
  const unitOf = (text: string) => whoAsks({}, { headers: { 'x-unit-id': text }, id }).unit
  assert.equal(unitOf('a'.repeat(256)).id, 'a'.repeat(256))
  assert.equal(unitOf(inHeader('Zoë 😀')).id, 'Zoë 😀')
  assert.equal(unitOf(inHeader('😀'.repeat(256))).id, '😀'.repeat(256))
  assert.equal(unitOf('caf\xe9').id, 'café')
  assert.deepEqual(unitOf(''), { id, isGiven: false })
  assert.throws(
    () => unitOf('a'.repeat(257)),
    (error: unknown) =>
      error instanceof HttpError &&
      error.failure.status === 422 &&
      error.failure.body.message === 'header.X-Unit-ID: String should have at most 256 characters'
  )
})

test('an id of a request that no unit can have is still its id, and the unit is made', () => {
  const long = 'x'.repeat(257)
  assert.deepEqual(whoAsks({ id: long }, { headers: {}, id }), { unit: { id, isGiven: false }, requestId: long })
})

test('any name makes a header that may be sent, from which decoding gives the name', () => {
  const known: [string, string][] = [
    ['v1.0', 'v1.0'],
    ['1.0.0-rc+2/a,b', '1.0.0-rc+2/a,b'],
    ['100 %', '100%20%25'],
    ['zwölf\r\nX-Evil: 1', 'zw%C3%B6lf%0D%0AX-Evil:%201'],
    ['\ud800', '%EF%BF%BD']
  ]
  for (const [name, text] of known) assert.equal(headerText(name), text)
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), name => {
      const text = headerText(name)
      assert.match(text, /^[\x21-\x7e]*$/)
      assert.equal(decodeURIComponent(text), name)
    })
  )
})

test('a route is told in headers', () => {
  const plain = { model: 'm', version: 'v1.0', reason: 'default' } as const
  assert.deepEqual(routeFacts(plain), {
    headers: ['x-model-version', 'v1.0', 'x-route', 'default'],
    jsonHeaders: ['content-type', 'application/json', 'x-model-version', 'v1.0', 'x-route', 'default']
  })
  const decidedFor = (arm: string) => {
    const assignment = { experiment: 'e', arm, probability: 0.25, isSticky: true }
    return { ...plain, reason: 'experiment', assignment } as const
  }
  const arms = [
    ['b "2"', '"b \\"2\\""'],
    ['C:\\100 %', '"C:\\\\100 %"'],
    // The example of RFC 9651, section 3.3.8.
    ['This is intended for display to üsers.', '%"This is intended for display to %c3%bcsers."'],
    ['grün "%"\r\nX-Evil: 1', '%"gr%c3%bcn %22%25%22%0d%0aX-Evil: 1"'],
    ['\ud800', '%"%ef%bf%bd"']
  ] as const
  for (const [arm, text] of arms) {
    const { headers } = routeFacts(decidedFor(arm))
    assert.deepEqual(headers.slice(2), ['x-route', `experiment;experiment="e";arm=${text}`])
  }
  const decided = decidedFor('b')
  assert.equal(routeFacts(decided), routeFacts(decided))
})
