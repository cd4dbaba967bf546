import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ipRange, isWithin, readIpAddress } from '../../src/ad-features/ip-address.ts'
import { networkOf } from '../../src/ad-features/ip-ranges.ts'
import { readCases } from './cases.ts'

test('an IPv4 address is one word, its first part highest', () => {
  assert.deepEqual(readIpAddress('192.168.1.2'), [0xc0a80102])
  assert.deepEqual(readIpAddress('255.255.255.255'), [0xffffffff])
})

test('an IPv6 address is four words, whatever of it is left out', () => {
  assert.deepEqual(readIpAddress('2001:db8::8:800:200c:417a'), [0x20010db8, 0, 0x00080800, 0x200c417a])
  assert.deepEqual(readIpAddress('::'), [0, 0, 0, 0])
  assert.deepEqual(readIpAddress('1::'), [0x00010000, 0, 0, 0])
  assert.deepEqual(readIpAddress('1:2:3:4:5:6:7:8'), [0x00010002, 0x00030004, 0x00050006, 0x00070008])
  assert.deepEqual(readIpAddress('::13.1.68.3'), [0, 0, 0, 0x0d014403])
  assert.deepEqual(readIpAddress('fe80::1%eth0'), [0xfe800000, 0, 0, 1])
})

test('an IPv4 address inside of an IPv6 address is read as IPv4', () => {
  assert.deepEqual(readIpAddress('::ffff:129.144.52.38'), [0x81903426])
  assert.deepEqual(readIpAddress('::FFFF:8190:3426'), [0x81903426])
})

test('text that is no address is none', () => {
  for (const text of ['', ' 1.2.3.4', '1.2.3', '256.1.1.1', '01.2.3.4', ':::', '1::2::3', 'localhost', '1.2.3.4/8']) {
    assert.equal(readIpAddress(text), undefined, text)
  }
})

test('every way of writing an IPv6 address reads the same', () => {
  // The URL standard writes addresses in one way, RFC 5952's.
  fc.assert(
    fc.property(fc.ipV6(), text => {
      const usual = new URL(`http://[${text}]/`).hostname.slice(1, -1)
      assert.deepEqual(readIpAddress(text), readIpAddress(usual))
    })
  )
})

test('a range holds its first and its last address and neither neighbour', () => {
  const ranges = ['172.16.0.0/12', '10.1.2.3/32', 'fe80::/10', '2001:db8:0:8000::/49'].map(ipRange)
  const isIn = (text: string): boolean => isWithin(readIpAddress(text)!, ranges)
  for (const text of ['172.16.0.0', '172.31.255.255', '10.1.2.3', 'fe80::', 'febf:ffff::']) assert.ok(isIn(text), text)
  for (const text of ['2001:db8:0:8000::', '2001:db8:0:ffff:ffff::']) assert.ok(isIn(text), text)
  for (const text of ['172.15.255.255', '172.32.0.0', '10.1.2.2', '10.1.2.4', 'fe7f::', 'fec0::']) {
    assert.ok(!isIn(text), text)
  }
  for (const text of ['2001:db8:0:7fff::', '2001:db8:1::']) assert.ok(!isIn(text), text)
})

function networkOfText(text: string): string {
  return networkOf(readIpAddress(text))
}

test('networks are told apart', () => {
  assert.equal(networkOfText('192.168.1.1'), 'private')
  assert.equal(networkOfText('fd12::1'), 'private')
  assert.equal(networkOfText('127.0.0.1'), 'reserved')
  assert.equal(networkOfText('::1'), 'reserved')
  assert.equal(networkOfText('34.64.0.1'), 'data_centre')
  assert.equal(networkOfText('2a01:4f8::1'), 'data_centre')
  assert.equal(networkOfText('81.2.69.142'), 'public')
  assert.equal(networkOfText('::2'), 'public')
  assert.equal(networkOfText('me'), 'unknown')
})

test('every range of the lists ends where it should', () => {
  const { networks } = readCases()
  assert.ok(networks.length > 150)
  for (const [address, network] of networks) assert.equal(networkOfText(address), network, address)
})
