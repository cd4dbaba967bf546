import type { LearnerRole } from '@millrace/engine'
import type { DestinationStream } from 'pino'
import type { Config } from '../config-schema.ts'
import { type Board, type BoardModel, createBoard } from '../pipeline/board.ts'
import type { EngineParts } from '../platform.ts'
import { type LiveScreen, openLiveScreen, type Terminal } from '../terminal/live-screen.ts'
import { liveTable } from '../terminal/live-table.ts'
import { logText } from '../terminal/log-text.ts'
import { version } from '../version.ts'
import type { UpView } from './up-log.ts'

/** The live table of `millrace up`, and where its log lines go meanwhile. */
export interface UpScreen extends UpView {
  readonly logs: DestinationStream
}

/** How often the table looks what requests have taught the models. */
const refreshMs = 1000

/** The pipeline and the models as a table that is redrawn in place, after every step and once a second if need be. */
export function upScreen(options: {
  terminal: Terminal
  hasColour: boolean
  intervalSeconds: number
  role: LearnerRole
}): UpScreen {
  const { terminal, hasColour, intervalSeconds, role } = options
  let board: Board | undefined
  let screen: LiveScreen | undefined
  let timer: NodeJS.Timeout | undefined
  const close = (): void => {
    clearInterval(timer)
    screen?.close()
    screen = undefined
  }
  return {
    logs: {
      write(line) {
        const text = logText(line, hasColour)
        if (screen === undefined) terminal.write(`${text}\n`)
        else screen.printAbove(text)
      }
    },
    ready(addresses, parts) {
      const ingestion = addresses.find(({ name }) => name === 'ingestion')
      const resetUrl = `${ingestion?.url}/reset`
      const models = followed(parts)
      const isReader = role === 'reader'
      const following = createBoard({ version, addresses, intervalSeconds, isReader, resetUrl, models })
      board = following
      following.refresh()
      screen = openLiveScreen(terminal, size => liveTable(following.state, { ...size, hasColour }))
      timer = setInterval(() => {
        if (following.refresh()) screen?.redraw()
      }, refreshMs)
      // However the process ends, the cursor comes back.
      process.once('exit', close)
    },
    stepped(result) {
      if (result.outcome === 'done') board?.stepped(result)
      else board?.exhausted()
      screen?.redraw()
    },
    close
  }
}

/** The models of the pipeline, then that of the inference service, which only requests teach. */
function followed({ learners, defaultLearner }: EngineParts): BoardModel[] {
  const rows: BoardModel[] = learners.map(model => ({ name: model.name, model }))
  if (defaultLearner !== undefined) rows.push({ name: 'inference', model: defaultLearner, isHiddenUntilUsed: true })
  return rows
}

/** The least severe level that is worth a line above the table. */
export function screenLevel(level: Config['logLevel']): Config['logLevel'] {
  return level === 'info' || level === 'debug' || level === 'trace' ? 'warn' : level
}
