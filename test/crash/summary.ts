import type { LifeReport } from './campaign.ts'
import { momentKinds } from './moment.ts'

/** What a run of many lives came to. */
export interface Summary {
  seed: number
  lives: number
  kills: number
  /** By the kind of moment. */
  killsByMoment: Record<string, number>
  /** By what runs. */
  killsByKind: Record<string, number>
  /** Before the program was ready, and those that left a snapshot half written. */
  killsBeforeReady: number
  killsDuringSnapshot: number
  /** What clients did, by kind. */
  counts: Record<string, number>
  snapshotsCompared: number
  findings: number
  seconds: number
}

export function summaryOf(seed: number, reports: readonly LifeReport[], seconds: number): Summary {
  const killed = reports.flatMap(report => report.killed)
  const counts: Record<string, number> = {}
  for (const report of reports) {
    for (const [kind, count] of Object.entries(report.counts)) counts[kind] = (counts[kind] ?? 0) + count
  }
  return {
    seed,
    lives: reports.length,
    kills: killed.length,
    killsByMoment: Object.fromEntries(momentKinds.map(kind => [kind, killed.filter(one => one.kind === kind).length])),
    killsByKind: Object.fromEntries(
      [...Map.groupBy(reports, ({ kind }) => kind)].map(([kind, lives]) => [
        kind,
        lives.reduce((sum, life) => sum + life.killed.length, 0)
      ])
    ),
    killsBeforeReady: killed.filter(({ startMs }) => startMs === undefined).length,
    killsDuringSnapshot: killed.filter(({ isDuringSnapshot }) => isDuringSnapshot).length,
    counts,
    snapshotsCompared: reports.reduce((sum, report) => sum + report.snapshotsCompared, 0),
    findings: reports.reduce((sum, report) => sum + report.findings.length, 0),
    seconds: Math.round(seconds)
  }
}

/** The summary as a table for people. */
export function markdownOf(summary: Summary): string {
  const rows: [string, string | number][] = [
    ['seed', summary.seed],
    ['data folders', summary.lives],
    ['kills', summary.kills],
    ...Object.entries(summary.killsByMoment).map(([kind, count]): [string, number] => [`- ${momentText[kind]}`, count]),
    ['kills before the program was ready', summary.killsBeforeReady],
    ['kills that left a snapshot half written', summary.killsDuringSnapshot],
    ...Object.entries(summary.killsByKind).map(([kind, count]): [string, number] => [
      `kills of ${kindText[kind]}`,
      count
    ]),
    ...Object.entries(summary.counts),
    ['snapshots compared byte by byte', summary.snapshotsCompared],
    ['**promises broken**', `**${summary.findings}**`],
    ['minutes', (summary.seconds / 60).toFixed(1)]
  ]
  const lines = rows.map(([name, value]) => `| ${name} | ${typeof value === 'number' ? shown(name, value) : value} |`)
  return ['| | |', '| --- | ---: |', ...lines, ''].join('\n')
}

const momentText: Record<string, string> = {
  load: 'under load',
  start: 'at a random moment of the start',
  repeating: 'while clients repeat what was not answered',
  acknowledged: 'at the very acknowledgement',
  snapshot: 'when a snapshot is being written',
  segment: 'when a journal begins another file',
  inside: 'within a write, sync, open, rename or unlink of a journal',
  takeover: 'after another process has taken over'
}

const kindText: Record<string, string> = {
  up: '`up` with all learners, series and labels',
  model: '`serve model`',
  power: '`serve model`, with what was not synced taken away',
  pipeline: "`up`'s own pipeline"
}

function shown(name: string, value: number): string {
  return name === 'seed' ? String(value) : value.toLocaleString('en-US')
}
