import type { JsonSchema } from './check-json.ts'

const text: JsonSchema = { type: 'string', title: 'text that is not empty', minLength: 1 }
const atLeastOne: JsonSchema = { type: 'integer', title: 'an integer >= 1', minimum: 1 }
const one = (key: string, value: JsonSchema): JsonSchema => ({
  type: 'object',
  title: `{"${key}": ...}`,
  properties: { [key]: value },
  required: [key],
  additionalProperties: false
})

/** Schema of the `config.json` of a model, as published in docs/reference. */
export const modelConfigSchema: JsonSchema = {
  type: 'object',
  properties: {
    $schema: text,
    version_policy: {
      title: '"all", {"latest": n}, {"specific": [versions]} or {"range": "semver range"}',
      description: 'Which versions are served; the policy of the server unless given.',
      anyOf: [
        { type: 'string', const: 'all' },
        one('latest', atLeastOne),
        one('specific', { type: 'array', minItems: 1, items: text }),
        one('range', text)
      ]
    },
    aliases: {
      type: 'object',
      description: 'Versions by alias, until somebody moves the alias. The alias default names the default version.',
      additionalProperties: text
    },
    max_batch_rows: { ...atLeastOne, description: 'Most rows of one run.' },
    batch_delay_us: {
      type: 'integer',
      title: 'an integer >= 0',
      description: 'Microseconds that a run waits for further rows.',
      minimum: 0
    },
    queue_limit: { ...atLeastOne, description: 'Most requests that wait; further ones are refused.' },
    placement: {
      type: 'string',
      description: 'Where it runs; by measured cost unless given.',
      enum: ['inline', 'thread']
    },
    instances: { ...atLeastOne, description: 'Sessions that run at the same time.' },
    threads: { ...atLeastOne, description: 'Threads of one session.' }
  },
  additionalProperties: false
}
