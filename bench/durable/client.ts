// Run as a process of its own: see bench/load.ts.
import { PythonRandom } from '@millrace/common'
import { type LoadReport, runLoad } from '../load.ts'
import { makeTemplate, type RequestKind, setIds } from './request.ts'

/** What the client is told to do. */
export interface Round extends RequestKind {
  port: number
  connections: number
  /** How long requests are begun, in milliseconds. */
  durationMs: number
  /** The number of the first id. */
  firstId: number
}

/** What came of a round. */
export interface RoundReport extends LoadReport {
  nextId: number
}

/** How many different requests a connection sends in turn. */
const templatesEach = 8

process.on('message', (round: Round) => void run(round).then(report => process.send?.(report)))
process.send?.('ready')

async function run({ port, connections, durationMs, firstId, ...kind }: Round): Promise<RoundReport> {
  const random = new PythonRandom(firstId)
  const templates = Array.from({ length: connections }, () =>
    Array.from({ length: templatesEach }, () => makeTemplate(random, kind))
  )
  let nextId = firstId
  let turn = 0
  const take = (connection: number): Buffer => {
    const template = templates[connection]![turn++ % templatesEach]!
    setIds(template, nextId)
    nextId += template.ids.length
    return template.bytes
  }
  const report = await runLoad({ port, connections, durationMs, take })
  return { ...report, nextId }
}
