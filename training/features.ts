import { createInterface } from 'node:readline'
import {
  type BidRequest,
  bidFeatureNames,
  bidFeatures,
  ctrFeatureNames,
  ctrFeatures,
  type CtrRequest,
  fraudFeatureNames,
  fraudFeatures,
  type FraudRequest
} from '../packages/engine/src/index.ts'

/**
 * Turns requests into what a model is trained on, by the code that serves it: `node training/features.ts fraud`
 * reads a JSON object a line and writes a line with the names of the features, then rows of little-endian float32.
 */
const builders: Record<string, { names: readonly string[]; row: (line: string) => Float32Array }> = {
  fraud: { names: fraudFeatureNames, row: line => fraudFeatures(JSON.parse(line) as FraudRequest) },
  ctr: { names: ctrFeatureNames, row: line => ctrFeatures(JSON.parse(line) as CtrRequest) },
  bid: { names: bidFeatureNames, row: line => bidFeatures(JSON.parse(line) as BidRequest) }
}

const kind = process.argv[2] ?? ''
const builder = builders[kind]
if (builder === undefined) throw new Error(`name one of ${Object.keys(builders).join(', ')}, got "${kind}"`)

process.stdout.write(`${JSON.stringify(builder.names)}\n`)
for await (const line of createInterface({ input: process.stdin })) {
  const row = builder.row(line)
  if (!process.stdout.write(Buffer.from(row.buffer))) await new Promise(done => process.stdout.once('drain', done))
}
