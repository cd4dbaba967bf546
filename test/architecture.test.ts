import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'

const root = path.resolve(fileURLToPath(import.meta.url), '../..')

/** Which package may import which: the house of CONTRIBUTING.md. */
const arrows: Record<string, readonly string[]> = {
  common: [],
  online: ['common'],
  protocol: ['common'],
  store: ['common'],
  runtime: ['common'],
  engine: ['common', 'online', 'store', 'runtime'],
  server: ['common', 'online', 'protocol', 'store', 'runtime', 'engine'],
  client: ['common', 'protocol'],
  dashboard: ['common', 'protocol', 'client']
}

/** Foreign packages that only one of ours may know. */
const owners: Record<string, string> = {
  'onnxruntime-node': 'runtime',
  fastify: 'server',
  'node:sqlite': 'store',
  '@redis/client': 'store'
}

/** What would make a learner depend on anything but its arguments. */
const impure =
  /\b(Date|performance|process|console|fetch|setTimeout|setInterval|setImmediate|crypto|Math\s*\.\s*random)\b/

interface Source {
  file: string
  code: string
  imports: string[]
}

/** All TypeScript files below a folder, as paths from the repository's root. */
function filesBelow(folder: string): string[] {
  if (!existsSync(path.join(root, folder))) return []
  return readdirSync(path.join(root, folder), { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts'))
    .map(entry => path.relative(root, path.join(entry.parentPath, entry.name)))
}

function readSource(file: string): Source {
  const text = readFileSync(path.join(root, file), 'utf8')
  const code = text.replace(/\/\*[^]*?\*\/|^\s*\/\/.*$/gm, '')
  // A worker thread's file is named by a URL.
  const imported = /(?:\bfrom\s*|\bimport\s*\(\s*|^import\s+)'([^']+)'|\bnew URL\('(\.[^']+\.ts)'/gm
  const imports = [...code.matchAll(imported)].map(match => match[1] ?? match[2]!)
  return { file, code, imports }
}

const packages = readdirSync(path.join(root, 'packages'))
const sourcesOf = (name: string): Source[] => filesBelow(`packages/${name}/src`).map(readSource)
const sources = packages.flatMap(sourcesOf)
const resolveRelative = (source: Source, target: string): string =>
  path.normalize(path.join(path.dirname(source.file), target))

for (const name of packages) {
  describe(`package ${name}`, () => {
    test('is known to the map', () => assert.ok(name in arrows, `add ${name} to the arrows`))

    test('imports only the packages its arrows allow, and only their front doors', () => {
      for (const { file, imports } of sourcesOf(name)) {
        for (const target of imports.filter(one => one.startsWith('@millrace/'))) {
          const [, imported, ...rest] = target.split('/')
          assert.ok(arrows[name]!.includes(imported!), `${file} imports ${target}`)
          assert.deepEqual(rest, [], `${file} imports the inside of ${target}`)
        }
      }
    })

    test('imports no file of another package by path', () => {
      for (const source of sourcesOf(name)) {
        for (const target of source.imports.filter(one => one.startsWith('.'))) {
          const resolved = resolveRelative(source, target)
          const isOwn = resolved.startsWith(`packages/${name}/src/`) || resolved === `packages/${name}/package.json`
          assert.ok(isOwn, `${source.file} imports ${target}`)
        }
      }
    })

    test('declares every package it imports', () => {
      const manifest: unknown = JSON.parse(readFileSync(path.join(root, 'packages', name, 'package.json'), 'utf8'))
      const { dependencies = {} } = manifest as { dependencies?: Record<string, string> }
      for (const { file, imports } of sourcesOf(name)) {
        for (const target of imports.filter(one => !one.startsWith('.') && !one.startsWith('node:'))) {
          const owner = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : target.split('/')[0]!
          assert.ok(owner in dependencies, `${file} imports ${target}, which package.json does not name`)
        }
      }
    })
  })
}

test('a foreign package with an owner is imported nowhere else', () => {
  for (const { file, imports } of sources) {
    for (const target of imports) {
      const owner = owners[target]
      if (owner !== undefined) assert.ok(file.startsWith(`packages/${owner}/`), `${file} imports ${target}`)
    }
  }
})

test('packages/online touches no file, network, clock or global random numbers', () => {
  for (const { file, code, imports } of sourcesOf('online')) {
    assert.deepEqual(
      imports.filter(target => target.startsWith('node:')),
      [],
      file
    )
    const text = code.replace(/'[^'\n]*'|`[^`]*`/g, "''")
    assert.equal(impure.exec(text)?.[0], undefined, file)
  }
})

test('the environment is read in one place', () => {
  // Telling the native library something through it is no reading.
  const reading = /\bprocess\s*\.\s*env\b(?!\['\w+'\] = )/
  const readers = sources.filter(({ code }) => reading.test(code)).map(({ file }) => file)
  assert.deepEqual(readers, ['packages/server/src/main.ts'])
})

test('node:http is imported for its types alone: an import of its values loads the client for fetch as well', () => {
  const importers = sources.filter(({ code }) => /^import (?!type\b)[^'"]*'node:http'/m.test(code))
  assert.deepEqual(
    importers.map(({ file }) => file),
    []
  )
})

test('every source file is used', () => {
  const used = new Set(sources.flatMap(source => source.imports.map(target => resolveRelative(source, target))))
  const entries = new Set(packages.map(name => `packages/${name}/src/index.ts`)).add('packages/server/src/main.ts')
  const unused = sources.filter(({ file }) => !used.has(file) && !entries.has(file)).map(({ file }) => file)
  assert.deepEqual(unused, [])
})

test('no file imports itself by a detour', () => {
  const graph = new Map(
    sources.map(source => [
      source.file,
      source.imports.filter(target => target.startsWith('.')).map(target => resolveRelative(source, target))
    ])
  )
  const finished = new Set<string>()
  const visit = (file: string, trail: readonly string[]): void => {
    assert.ok(!trail.includes(file), `import cycle: ${[...trail, file].join(' -> ')}`)
    if (finished.has(file)) return
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file])
    finished.add(file)
  }
  for (const file of graph.keys()) visit(file, [])
})
