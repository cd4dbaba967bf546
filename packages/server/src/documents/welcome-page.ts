import { escapeHtml } from '../http/escape-html.ts'
import { createHash } from 'node:crypto'
import type { ModelStatus } from '@millrace/engine'

/** What the page tells. */
export interface WelcomePage {
  readonly title: string
  readonly version: string
  /** What links begin with: empty, or the last part of the path the page is at. */
  readonly root: string
  readonly models: readonly ModelStatus[]
}

const style = `
:root { color-scheme: light dark; --line: #8884; --soft: #6b7280; --link: #1d4ed8 }
@media (prefers-color-scheme: dark) { :root { --soft: #9ca3af; --link: #93c5fd } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 60rem; padding: 2.5rem 1.25rem 4rem; font: 1rem/1.6 system-ui, sans-serif }
h1 { margin: 0; font-size: 1.75rem; line-height: 1.2 }
h2 { margin: 2.5rem 0 .75rem; font-size: 1.125rem }
p { margin: .5rem 0 0; color: var(--soft) }
a { color: var(--link); text-underline-offset: .2em }
a:focus-visible { outline: 2px solid; outline-offset: 2px; border-radius: 2px }
ul { display: grid; gap: .75rem; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)); margin: 0; padding: 0; list-style: none }
li { border: 1px solid var(--line); border-radius: .5rem; padding: .75rem 1rem }
li span { display: block; color: var(--soft); font-size: .875rem }
.wide { overflow-x: auto }
table { width: 100%; border-collapse: collapse }
th, td { padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top }
thead th { color: var(--soft); font-size: .875rem; font-weight: 600 }
tbody th { font-weight: 600 }
`

/** The page may show its own style and lead away; it can load, run and send nothing. */
export const pagePolicy = [
  "default-src 'none'",
  `style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'"
].join('; ')

const links: readonly [path: string, name: string, what: string][] = [
  ['docs', 'API documentation', 'Every request and reply, to be tried out'],
  ['redoc', 'API reference', 'The same, to be read'],
  ['openapi.json', 'OpenAPI document', 'The same, for programs'],
  ['health', 'Health', 'How the parts of this server stand'],
  ['metrics', 'Metrics', 'For Prometheus'],
  ['models', 'Versions', 'Of the classifier of features'],
  ['sample', 'Sample', 'Rows to try a model with'],
  ['ab-test/status', 'A/B test', 'How requests are divided between versions, and what came of it'],
  ['experiments', 'Experiments', 'Who is answered by which version'],
  ['canaries', 'Canaries', 'Versions that take over step by step'],
  ['shadows', 'Shadows', 'Versions that are asked unseen'],
  ['v2/models', 'Open Inference Protocol', 'The models by the standard protocol']
]

/** A page of links, for people. Needs no script and no other host. */
export function welcomePage({ title, version, root, models }: WelcomePage): string {
  const name = escapeHtml(title)
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${name}</title>`,
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    '<header>',
    `<h1>${name}</h1>`,
    `<p>Version ${escapeHtml(version)}. Serves models and their versions, and learners that go on learning.</p>`,
    '</header>',
    '<main>',
    '<h2>Where to go</h2>',
    '<ul>',
    ...links.map(([path, text, what]) => `<li><a href="${root}${path}">${text}</a> <span>${what}</span></li>`),
    '</ul>',
    '<h2 id="models">Models</h2>',
    ...(models.length === 0 ? ['<p>None yet.</p>'] : tableOf(models, root)),
    '</main>',
    '</body>',
    '</html>',
    ''
  ].join('\n')
}

function tableOf(models: readonly ModelStatus[], root: string): string[] {
  return [
    '<div class="wide">',
    '<table aria-labelledby="models">',
    '<thead><tr><th scope="col">Name</th><th scope="col">Active</th><th scope="col">Versions</th><th scope="col">More</th></tr></thead>',
    '<tbody>',
    ...models.map(model => rowOf(model, root)),
    '</tbody>',
    '</table>',
    '</div>'
  ]
}

function rowOf({ name, versions, aliases }: ModelStatus, root: string): string {
  const inPath = escapeHtml(encodeURIComponent(name))
  const shown = versions.map(({ version, state }) => (state === 'READY' ? version : `${version} (${state})`))
  const more = [
    `<a href="${root}v2/models/${inPath}">inputs and outputs</a>`,
    `<a href="${root}models/info?model=${inPath}">metadata</a>`,
    `<a href="${root}models?model=${inPath}">versions</a>`
  ]
  const cells = [aliases.get('default') ?? 'none', shown.join(', ')].map(text => `<td>${escapeHtml(text)}</td>`)
  return `<tr><th scope="row">${escapeHtml(name)}</th>${cells.join('')}<td>${more.join(', ')}</td></tr>`
}
