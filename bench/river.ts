import { spawnSync } from 'node:child_process'
import type { Row } from './rows.ts'

/** What peers/river_learners.py reports. */
export interface RiverReport {
  /** Of River and of Python. */
  version: string
  /** CPU microseconds to predict and learn a row, by recipe. */
  microseconds: Record<string, number>
}

/** The same recipes in River; undefined where `PYTHON` has none. */
export function runRiver(friedmanRows: readonly Row[], trumpRows: readonly Row[]): RiverReport | undefined {
  const script = new URL('peers/river_learners.py', import.meta.url).pathname
  const input = JSON.stringify({ friedman: friedmanRows, trump: trumpRows })
  const python = process.env['PYTHON'] ?? 'python3'
  const { status, stdout } = spawnSync(python, [script], { input, encoding: 'utf8', maxBuffer: 1e8 })
  return status === 0 ? (JSON.parse(stdout) as RiverReport) : undefined
}
