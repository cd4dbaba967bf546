import assert from 'node:assert/strict'
import { test } from 'node:test'
import { missingPackages, readLock } from '../scripts/complete-lock.ts'

const lock = readLock()

test('the lock file describes every optional package it names, so that npm ci takes it on every platform', () => {
  assert.deepEqual(Object.keys(missingPackages(lock)), [], 'npm run make:lock mends this')
})

test('the lock file names no registry', () => {
  const fetched = Object.values(lock.packages).filter(({ resolved, link }) => resolved !== undefined && !link)
  assert.deepEqual(fetched, [])
})

test('a missing package goes back in for its platform only', () => {
  const packages = {
    'node_modules/tool': { dev: true, optionalDependencies: { '@tool/binding-linux-x64-musl': '1.2.3' } }
  }
  assert.deepEqual(missingPackages({ packages }), {
    'node_modules/@tool/binding-linux-x64-musl': {
      version: '1.2.3',
      dev: true,
      optional: true,
      os: ['linux'],
      cpu: ['x64'],
      libc: ['musl']
    }
  })
})
