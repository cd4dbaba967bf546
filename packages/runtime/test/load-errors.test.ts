import assert from 'node:assert/strict'
import { test } from 'node:test'
import { loadError } from '../src/load-errors.ts'

const reason = (message: string): string => loadError('m version 1', new Error(message)).message

test('the place in the source of the library is left out', () => {
  const raw =
    '/onnxruntime_src/onnxruntime/core/graph/model.cc:182 onnxruntime::Model::Model(onnx::ModelProto&&, const PathString&) Unsupported model IR version: 99, max supported IR version: 11'
  assert.equal(
    reason(raw),
    'failed to load m version 1: Unsupported model IR version: 99, max supported IR version: 11'
  )
})

test('so is that of a lambda, after what comes before it', () => {
  const raw =
    'Exception during initialization: /onnxruntime_src/onnxruntime/core/providers/cpu/nn/string_normalizer.cc:235 onnxruntime::StringNormalizer::Locale::Locale(const std::string&)::<lambda()> Failed to construct locale'
  assert.equal(reason(raw), 'failed to load m version 1: Exception during initialization: Failed to construct locale')
})

test('of a path only the last name is told', () => {
  assert.equal(
    reason('open file /srv/models/m/1/weights.bin fail'),
    'failed to load m version 1: open file weights.bin fail'
  )
})
