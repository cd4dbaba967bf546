import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { App } from '../app-type.ts'
import { escapeHtml } from './escape-html.ts'
import { type ApiName, openApi } from './openapi.ts'
import { pathOf } from './path-of.ts'

const swaggerUi = join(dirname(createRequire(import.meta.url).resolve('@fastify/swagger-ui/package.json')), 'static')
const redoc = join(import.meta.dirname, '../../vendor/redoc')

const assets = {
  'swagger-ui.css': { folder: swaggerUi, type: 'text/css; charset=utf-8' },
  'swagger-ui-bundle.js': { folder: swaggerUi, type: 'text/javascript; charset=utf-8' },
  'favicon-32x32.png': { folder: swaggerUi, type: 'image/png' },
  'redoc.standalone.js': { folder: redoc, type: 'text/javascript; charset=utf-8' }
} as const

// The pages need no other host, and may reach none. Both put style elements into the page; Redoc searches in a worker.
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "connect-src 'self'",
  'worker-src blob:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'"
].join('; ')

// The address of the document follows from that of the script, so that it is right behind any prefix.
const startOf = {
  'start-swagger-ui.js': `SwaggerUIBundle({ url: new URL('../openapi.json', document.currentScript.src).href, dom_id: '#page', deepLinking: true, validatorUrl: null })`,
  'start-redoc.js': `Redoc.init(new URL('../openapi.json', document.currentScript.src).href, { disableSearch: false }, document.getElementById('page'))`
}

/** `/openapi.json` of the routes that follow, and `/docs` and `/redoc` to read it, all from local files. */
export function apiDocs(app: App, named: ApiName): void {
  const document = openApi(app, named)
  const schema = { hide: true }
  app.get('/openapi.json', { schema }, async (_request, reply) =>
    reply.type('application/json; charset=utf-8').send(await document())
  )
  for (const [path, page] of Object.entries(pages)) {
    app.get(path, { schema }, (request, reply) => {
      // Links are relative, so that they also hold under /api; a trailing slash puts the page one level deeper.
      const root = pathOf(request.originalUrl).endsWith('/') ? '../' : ''
      return reply
        .header('content-security-policy', contentSecurityPolicy)
        .type('text/html; charset=utf-8')
        .send(page(named.title, `${root}docs/`))
    })
  }
  for (const [name, { folder, type }] of Object.entries(assets)) {
    app.get(`/docs/${name}`, { schema }, async (_request, reply) => {
      const content = await readFile(join(folder, name))
      return reply.header('cache-control', 'public, max-age=3600').type(type).send(content)
    })
  }
  for (const [name, script] of Object.entries(startOf)) {
    app.get(`/docs/${name}`, { schema }, (_request, reply) => reply.type('text/javascript; charset=utf-8').send(script))
  }
}

const pages = {
  '/docs': (title: string, assetsAt: string) =>
    html(
      title,
      [
        `<link rel="stylesheet" href="${assetsAt}swagger-ui.css">`,
        `<link rel="icon" type="image/png" href="${assetsAt}favicon-32x32.png">`
      ],
      [`${assetsAt}swagger-ui-bundle.js`, `${assetsAt}start-swagger-ui.js`]
    ),
  '/redoc': (title: string, assetsAt: string) =>
    html(
      title,
      ['<style>body { margin: 0 }</style>', `<link rel="icon" type="image/png" href="${assetsAt}favicon-32x32.png">`],
      [`${assetsAt}redoc.standalone.js`, `${assetsAt}start-redoc.js`]
    )
}

function html(title: string, head: string[], scripts: string[]): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(title)}</title>`,
    ...head,
    '</head>',
    '<body>',
    '<div id="page"></div>',
    ...scripts.map(source => `<script src="${source}"></script>`),
    '</body>',
    '</html>',
    ''
  ].join('\n')
}
