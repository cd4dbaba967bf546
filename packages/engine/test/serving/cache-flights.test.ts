import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type Flight, Flights } from '../../src/serving/cache/flights.ts'

/** Some begin alike, as two hashes may. */
const keys = ['aaaa', 'aaaab', 'aaaac', 'aaaad', 'bbbb', 'cccc']

test('all that are on their way are found, and none that has come', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...keys), { maxLength: 60 }), steps => {
      const flights = new Flights()
      const known = new Map<string, Flight>()
      for (const key of steps) {
        const flight = known.get(key)
        if (flight === undefined) known.set(key, flights.add(key, Promise.resolve([])))
        else {
          flights.delete(flight)
          known.delete(key)
        }
        for (const each of keys) assert.equal(flights.get(each), known.get(each))
      }
    })
  )
})
