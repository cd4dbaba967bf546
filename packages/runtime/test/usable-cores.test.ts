import assert from 'node:assert/strict'
import { test } from 'node:test'
import { usableCores } from '../src/usable-cores.ts'

const filesOf =
  (files: Record<string, string>) =>
  (path: string): string | undefined =>
    files[path]

test('without quotas all cores are used', () => assert.equal(usableCores(filesOf({}), 6), 6))

test('a quota of version 2 is rounded down', () => {
  const files = { '/proc/self/cgroup': '0::/\n', '/sys/fs/cgroup/cpu.max': '250000 100000\n' }
  assert.equal(usableCores(filesOf(files), 8), 2)
})

test('less than a core is one', () => {
  assert.equal(usableCores(filesOf({ '/sys/fs/cgroup/cpu.max': '50000 100000\n' }), 8), 1)
})

test('max is no quota', () => {
  assert.equal(usableCores(filesOf({ '/sys/fs/cgroup/cpu.max': 'max 100000\n' }), 8), 8)
})

test('the tightest quota from the own group up to the root holds', () => {
  const files = {
    '/proc/self/cgroup': '0::/slice/service\n',
    '/sys/fs/cgroup/slice/service/cpu.max': 'max 100000\n',
    '/sys/fs/cgroup/slice/cpu.max': '300000 100000\n',
    '/sys/fs/cgroup/cpu.max': '700000 100000\n'
  }
  assert.equal(usableCores(filesOf(files), 16), 3)
})

test('a quota of version 1 holds, in the own group or where a container sees it', () => {
  const own = {
    '/proc/self/cgroup': '5:cpuset:/x\n4:cpu,cpuacct:/docker/abc\n0::/\n',
    '/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_quota_us': '400000\n',
    '/sys/fs/cgroup/cpu,cpuacct/docker/abc/cpu.cfs_period_us': '100000\n'
  }
  assert.equal(usableCores(filesOf(own), 16), 4)
  const inContainer = {
    '/proc/self/cgroup': '1:cpu:/docker/abc\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '200000\n',
    '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n'
  }
  assert.equal(usableCores(filesOf(inContainer), 16), 2)
})

test('-1 is no quota in version 1', () => {
  const files = { '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '-1\n', '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n' }
  assert.equal(usableCores(filesOf(files), 5), 5)
})
