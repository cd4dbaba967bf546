import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import * as fc from 'fast-check'
import { experimentApp } from './experiment-app.ts'
import { request } from './request.ts'

const { app, experiments } = await experimentApp({ after }, { env: { AB_TEST_ENABLED: 'false' } })
const model = 'tabular_classifier'
await request(app, 'POST /experiments', { id: 'kept', model, arms: [{ version: 'v1.0' }, { version: 'v2.0' }] })
await request(app, 'POST /experiments/kept/start')

/** Anything that JSON can say, with the names, ids and texts that hurt. */
const nasty = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.constantFrom(
    '',
    '__proto__',
    'constructor',
    'NaN',
    '-0',
    '1e400',
    '\ud800',
    '\0',
    'x'.repeat(5000),
    'kept',
    'v1.0'
  ),
  fc.constantFrom(-1, 0, 1, 2, 0.5, -0, 1e308, Number.MAX_SAFE_INTEGER, Number.MIN_VALUE),
  fc.constantFrom([], {}, [[]], [{}], [null], null, true),
  fc.array(fc.record({ version: fc.jsonValue(), weight: fc.jsonValue(), name: fc.jsonValue() }, { requiredKeys: [] }))
)

const fields = {
  'POST /experiments': ['id', 'model', 'arms', 'weights', 'metrics', 'overrides', 'bandit', 'coverage', 'sticky'],
  'PATCH /experiments/kept': ['arms', 'weights', 'metrics', 'overrides', 'bandit', 'coverage', 'new_phase', 'seed'],
  'POST /experiments/plan': ['baseline', 'standard_deviation', 'lift', 'difference', 'alpha', 'power', 'arms'],
  'POST /canaries': ['id', 'model', 'candidate', 'alias', 'steps', 'guards', 'metrics', 'alpha', 'max_requests'],
  'POST /shadows': ['id', 'model', 'version', 'candidate', 'candidate_model', 'share', 'queue_limit'],
  'POST /ab-test/configure': ['enabled', 'split_ratio', 'models', 'strategy', 'weights'],
  'POST /feedback': ['unit_id', 'request_id', 'prediction_id', 'conversion', 'value', 'label', 'metric', 'outcome_id'],
  'POST /feedback/batch': ['feedback']
} as const

/** Fields that make a request nearly good, so that what is behind the first check is asked as well. */
const nearlyGood = { model, candidate: 'v2.0', arms: [{ version: 'v1.0' }, { version: 'v3.0' }], id: 'made' }

for (const [line, names] of Object.entries(fields)) {
  test(`${line}: whatever is sent is taken or refused with a reason, and never the fault of the server`, async () => {
    const bodies = fc.record(Object.fromEntries(names.map(name => [name, nasty])), { requiredKeys: [] })
    const mixed = fc.tuple(bodies, fc.boolean()).map(([body, isGood]) => (isGood ? { ...nearlyGood, ...body } : body))
    await fc.assert(
      fc.asyncProperty(fc.oneof(mixed, nasty), async body => {
        const { status, body: told } = await request(app, line as 'POST /', JSON.stringify(body))
        assert.ok(status < 500, `${status}: ${JSON.stringify(told).slice(0, 300)}`)
        if (status >= 400) assert.ok(typeof told['code'] === 'string' && String(told['message']).length > 0)
        if (status === 201) await end(line, String(told['id']))
      }),
      { numRuns: 150 }
    )
    assert.equal(experiments.get('kept').state, 'running')
  })
}

/** What was taken after all is ended and forgotten, for the next to begin with the same. */
async function end(line: string, id: string): Promise<void> {
  if (line === 'POST /canaries') await request(app, `POST /canaries/${id}/rollback`)
  await request(app, `DELETE ${line.slice('POST '.length)}/${encodeURIComponent(id)}` as 'DELETE /')
}
