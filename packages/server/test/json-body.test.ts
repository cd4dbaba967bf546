import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { HttpError } from '../src/http/failure.ts'
import { parseJsonBody } from '../src/http/json-body.ts'

function codeOf(body: string, depthLimit = 3): string {
  try {
    parseJsonBody(Buffer.from(body), depthLimit)
    return 'parsed'
  } catch (error) {
    assert.ok(error instanceof HttpError)
    return error.failure.body.code
  }
}

/** Depth by recursion, the definition the scan is compared with. */
function depthOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  return 1 + Math.max(0, ...Object.values(value).map(depthOf))
}

test('reads what JSON.parse reads, down to the depth limit', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 6 }), value => {
      const text = JSON.stringify(value)
      if (depthOf(value) > 3) assert.equal(codeOf(text), 'MILL_JSON_TOO_DEEP')
      else assert.deepEqual(parseJsonBody(Buffer.from(text), 3), JSON.parse(text))
    })
  )
})

test('brackets in strings are not depth, whatever is escaped around them', () => {
  assert.equal(codeOf('{"[[[[[": "{{{{{"}'), 'parsed')
  assert.equal(codeOf(String.raw`["\"[[[[[", "\\", "\\\"[[[["]`), 'parsed')
  assert.equal(codeOf(String.raw`["\\", [[[1]]]]`), 'MILL_JSON_TOO_DEEP')
  assert.equal(codeOf('"[[[[['), 'MILL_JSON_INVALID')
  assert.equal(codeOf(']]]]{}'), 'MILL_JSON_INVALID')
})

test('a byte order mark is passed over, at the start only', () => {
  assert.deepEqual(parseJsonBody(Buffer.from('\uFEFF{"a":1}'), 3), { a: 1 })
  assert.equal(codeOf('{}\uFEFF'), 'MILL_JSON_INVALID')
})

test('prototype names become own properties and pollute nothing', () => {
  const value = parseJsonBody(Buffer.from('{"__proto__": {"polluted": 1}, "constructor": 2}'), 3) as object
  assert.deepEqual(Object.keys(value), ['__proto__', 'constructor'])
  assert.equal(Object.getPrototypeOf(value), Object.prototype)
  assert.equal('polluted' in {}, false)
})

test('the message of a broken body quotes nothing of it', () => {
  try {
    parseJsonBody(Buffer.from('{"secret": 12345, }'), 3)
    assert.fail('parsed')
  } catch (error) {
    assert.ok(error instanceof HttpError)
    assert.doesNotMatch(JSON.stringify(error.failure), /secret|12345/)
  }
})
