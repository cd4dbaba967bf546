import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { bucket, credentials, startS3, withoutS3 } from '../../packages/store/test/models/s3-server.ts'
import { startProgram, temporaryFolder } from './program.ts'

const options = { skip: withoutS3, timeout: 60_000 }

const sample = (name: string): Buffer =>
  readFileSync(fileURLToPath(new URL(`../../models/${name}/model.onnx`, import.meta.url)))

/** How S3 names a content that was put in one go: by its MD5. */
const etag = (bytes: Buffer): string => createHash('md5').update(bytes).digest('hex').slice(0, 12)

const wine = [7.4, 0.7, 0, 1.9, 0.076, 11, 34, 0.9978, 3.51, 0.56, 9.4]

async function asked(url: string, body?: object): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json' }
  const reply = await fetch(url, body && { method: 'POST', headers, body: JSON.stringify(body) })
  const answer = (await reply.json()) as Record<string, unknown>
  assert.equal(reply.status, 200, JSON.stringify(answer))
  return answer
}

test(
  'wines are judged by the one model of the bucket, as its documents have it, and by no sample model',
  options,
  async t => {
    const server = await startS3(t)
    const [first, second] = [sample('wine_quality/1.0'), sample('tabular_classifier/v1.0')]
    await server.put('models/latest/wine_quality_model.onnx', first)
    const program = startProgram(t, ['serve', 'inference'], {
      S3_BUCKET_NAME: bucket,
      MODEL_KEY: 'models/latest/wine_quality_model.onnx',
      AWS_ENDPOINT_URL_S3: server.endpoint,
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
      MILLRACE_DATA_DIR: temporaryFolder(t),
      MILLRACE_PORT_GRPC: '0',
      PORT: '0'
    })
    const url = String((await program.entry('service is ready'))['url'])
    assert.deepEqual((await asked(`${url}/v2/models`))['models'], ['wine_quality'])
    const { prediction, model_version, features_processed } = await asked(`${url}/predict`, { features: wine })
    // The quality of this wine in the public data is 5, and the model of these bytes says so as well.
    assert.deepEqual([prediction, model_version, features_processed], [5, etag(first), 11])
    const batch = await asked(`${url}/predict/batch`, { features_list: [wine] })
    assert.equal((batch as unknown as { prediction: number }[])[0]!.prediction, 5)
    const { status, checks } = await asked(`${url}/health`)
    const { model, s3 } = checks as Record<string, string>
    assert.deepEqual([status, model, s3], ['ok', 'healthy', 'healthy'])
    // Another content is another version, which answers from the reload on.
    await server.put('models/latest/wine_quality_model.onnx', second)
    await asked(`${url}/model/reload`, {})
    const models = (await asked(`${url}/models?model=wine_quality`)) as unknown as { version: string }[]
    assert.deepEqual(
      models.map(({ version }) => version),
      [etag(second)]
    )
  }
)
