import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isoDateTime } from '../src/services/iso-date-time.ts'

const micros = (text: string, extra = 0) => Date.parse(text) * 1000 + extra

// Expected texts as Python's datetime.fromtimestamp(..., zoneinfo.ZoneInfo(...)).isoformat() writes them.
const cases: [number, string, string][] = [
  [micros('2025-09-23T16:15:30.123Z', 456), 'America/Mexico_City', '2025-09-23T10:15:30.123456-06:00'],
  [micros('2025-01-01T03:00:00Z', 7), 'America/Mexico_City', '2024-12-31T21:00:00.000007-06:00'],
  [micros('2025-01-01T12:00:00Z'), 'America/Mexico_City', '2025-01-01T06:00:00-06:00'],
  [micros('2022-07-01T12:00:00.5Z'), 'America/Mexico_City', '2022-07-01T07:00:00.500000-05:00'],
  [micros('2025-07-01T12:00:00.5Z'), 'Asia/Kathmandu', '2025-07-01T17:45:00.500000+05:45'],
  [micros('2025-07-01T12:00:00.5Z'), 'America/St_Johns', '2025-07-01T09:30:00.500000-02:30'],
  [micros('2025-07-01T12:00:00.5Z'), 'UTC', '2025-07-01T12:00:00.500000+00:00']
]

test('writes local time with microseconds and offset', () => {
  for (const [moment, zone, expected] of cases) assert.equal(isoDateTime(moment, zone), expected)
})
