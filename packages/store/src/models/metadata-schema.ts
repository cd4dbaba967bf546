import type { JsonSchema } from './check-json.ts'

const text: JsonSchema = { type: 'string', title: 'text that is not empty', minLength: 1 }
const outputName: JsonSchema = { ...text, description: 'Name of an output of the model.' }

const feature: JsonSchema = {
  type: 'object',
  title: 'an object with a name',
  required: ['name'],
  properties: {
    name: text,
    min: { type: 'number', description: 'Smallest value that makes sense.' },
    max: { type: 'number', description: 'Largest value that makes sense.' },
    description: { type: 'string' }
  }
}

const features: JsonSchema = {
  type: 'array',
  description: 'The features in the order of the columns: names, or objects with a name. No name appears twice.',
  items: { anyOf: [text, feature] }
}

/** Schema of `metadata.json` and `model_metadata.json`, as published in docs/reference. Further keys may hold anything. */
export const metadataSchema: JsonSchema = {
  type: 'object',
  properties: {
    model_name: { ...text, description: 'Name of the model; names a lone ONNX file, else the folder does.' },
    version: { ...text, description: 'The version, as text; names that of a lone ONNX file, else the folder does.' },
    name: { ...text, description: 'A name for people.' },
    description: { type: 'string' },
    model_type: { ...text, description: 'classification, regression, or the kind of estimator.' },
    created_at: {
      type: 'string',
      title: 'a time in ISO 8601, such as 2024-01-01T00:00:00Z',
      pattern: '^\\d{4}-\\d{2}-\\d{2}([T ]\\d{2}:\\d{2}(:\\d{2}([.,]\\d+)?)?(Z|[+-]\\d{2}(:?\\d{2})?)?)?$'
    },
    sha256: {
      type: 'string',
      title: '64 hexadecimal digits',
      description: 'SHA-256 of the model file. With it a version is served only once every byte has arrived.',
      pattern: '^[0-9a-fA-F]{64}$'
    },
    features,
    input_features: { ...features, description: 'The same as features, which comes first.' },
    class_names: {
      type: 'array',
      description: 'Names of the classes in the order of the probabilities; as many as output_classes says.',
      items: text
    },
    output_classes: {
      description: 'How many classes there are, or their names.',
      anyOf: [
        { type: 'integer', title: 'an integer >= 1', minimum: 1 },
        { type: 'array', items: text }
      ]
    },
    input_shape: {
      type: 'array',
      description: 'Shape of the input; null, -1 or a name stands for any size.',
      items: { anyOf: [{ type: 'integer', title: 'an integer >= -1', minimum: -1 }, { type: 'null' }, text] }
    },
    accuracy: {
      type: 'number',
      title: 'a number from 0 to 1',
      description: 'Share of right answers on held-out data.',
      minimum: 0,
      maximum: 1
    },
    metrics: {
      type: 'object',
      description: 'Figures of quality by name; lists and objects are kept as they are.',
      additionalProperties: {
        anyOf: [{ type: 'number' }, { type: 'null' }, { type: 'array' }, { type: 'object' }]
      }
    },
    outputs: {
      type: 'object',
      description: 'Which output of the model means what.',
      properties: {
        prediction: outputName,
        probabilities: outputName,
        low: outputName,
        high: outputName
      }
    }
  }
}
