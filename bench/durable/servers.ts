import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { freePort, type Server, startServer, startService } from '../servers.ts'

const peer = fileURLToPath(new URL('../peers/river_server.py', import.meta.url))

/** `millrace serve model` with a learner and a durability. */
export function startMillrace(learner: string, durability: string, more: Record<string, string> = {}): Promise<Server> {
  return startService('model', { MODEL_NAME: learner, MILLRACE_DURABILITY: durability, ...more })
}

/** River behind FastAPI; undefined where `PYTHON` has none. */
export async function startRiver(learner: string): Promise<Server | undefined> {
  const python = process.env['PYTHON'] ?? 'python3'
  if (spawnSync(python, ['-c', 'import river, fastapi, uvicorn']).status !== 0) return undefined
  const port = await freePort()
  return await startServer(python, [peer, learner, String(port)], { port })
}
