/**
 * Kills the real program, again and again, and holds what is left against what was acknowledged.
 *
 *     npm run crash -- --kills 500 --seed 7
 *     npm run crash -- --seed 7 --life 3                 the fourth life of that run alone
 *     npm run crash -- --set MILLRACE_DURABILITY=none    must find what such a setting loses
 *
 * The seed decides what is sent and when the program is killed. How far it has got by then is up to the machine, so that
 * a run is never quite the same again; the folder of a life with findings is kept.
 */
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { type LifeKind, lifeKinds, type LifeReport, planLives, runLives } from './campaign.ts'
import { markdownOf, summaryOf } from './summary.ts'

const { values: flags } = parseArgs({
  options: {
    kills: { type: 'string', default: '500' },
    seed: { type: 'string', default: String(Math.floor(Date.now() / 1000)) },
    lanes: { type: 'string', default: '2' },
    'kills-per-life': { type: 'string', default: '25' },
    /** One of {@link lifeKinds}; may be given several times. */
    kind: { type: 'string', multiple: true, default: [...lifeKinds] },
    life: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
    /** Folder for crash.json and crash.md. */
    out: { type: 'string' }
  }
})
const seed = Number(flags.seed)
const settings = Object.fromEntries(
  flags.set.map(text => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)])
)
const plans = planLives(seed, {
  kills: Number(flags.kills),
  killsPerLife: Number(flags['kills-per-life']),
  kinds: flags.kind as LifeKind[]
})
const chosen = flags.life === undefined ? plans : plans.slice(Number(flags.life), Number(flags.life) + 1)

const start = performance.now()
print(`seed ${seed}: ${chosen.length} lives`)
const reports = await runLives(chosen, { lanes: Number(flags.lanes), settings, onLife })
const summary = summaryOf(seed, reports, (performance.now() - start) / 1000)
print(`\n${markdownOf(summary)}`)
if (flags.out !== undefined) {
  writeFileSync(path.join(flags.out, 'crash.json'), `${JSON.stringify({ summary, lives: reports }, undefined, 2)}\n`)
  writeFileSync(path.join(flags.out, 'crash.md'), markdownOf(summary))
}
process.exitCode = summary.findings === 0 ? 0 : 1

function onLife(report: LifeReport): void {
  const { kind, killed, findings, folder, seconds } = report
  const life = plans.findIndex(plan => plan.seed === report.seed)
  print(`life ${life}: ${kind}, ${killed.length} kills, ${findings.length} findings, ${seconds.toFixed(1)} s`)
  if (findings.length === 0) return
  for (const { promise, detail } of findings.slice(0, 10)) print(`  BROKEN: ${promise}\n    ${detail}`)
  print(`  kept in ${folder}; again: npm run crash -- ${repetition(life)}`)
}

function repetition(life: number): string {
  const given = process.argv.slice(2).filter((_, index, all) => all[index] !== '--seed' && all[index - 1] !== '--seed')
  return [...given, '--seed', seed, '--life', life].join(' ')
}

function print(text: string): void {
  process.stdout.write(`${text}\n`)
}
