import type { DestinationStream } from 'pino'
import type { Config } from '../config-schema.ts'
import { type Board, createBoard } from '../pipeline/board.ts'
import { type LiveScreen, openLiveScreen } from '../terminal/live-screen.ts'
import { liveTable } from '../terminal/live-table.ts'
import { logText } from '../terminal/log-text.ts'
import { version } from '../version.ts'
import type { UpView } from './up-log.ts'

/** The live table of `millrace up`, and where its log lines go meanwhile. */
export interface UpScreen extends UpView {
  readonly logs: DestinationStream
}

/**
 * The steps of the pipeline as a table that is redrawn in place.
 * @param options `models` are the names of the rows, in order
 */
export function upScreen(options: {
  terminal: NodeJS.WriteStream
  hasColour: boolean
  intervalSeconds: number
  models: readonly string[]
}): UpScreen {
  const { terminal, hasColour, models, intervalSeconds } = options
  let board: Board | undefined
  let screen: LiveScreen | undefined
  const close = (): void => {
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
    ready(addresses) {
      const ingestion = addresses.find(({ name }) => name === 'ingestion')
      const following = createBoard({
        version,
        addresses,
        intervalSeconds,
        resetUrl: `${ingestion?.url}/reset`,
        models
      })
      board = following
      screen = openLiveScreen(terminal, size => liveTable(following.state, { ...size, hasColour }))
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

/** The least severe level that is worth a line above the table. */
export function screenLevel(level: Config['logLevel']): Config['logLevel'] {
  return level === 'info' || level === 'debug' || level === 'trace' ? 'warn' : level
}
