import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readUserAgent } from '../../src/ad-features/user-agent.ts'
import { readCases } from './cases.ts'

function read(text: string): string {
  const { client, browser, system } = readUserAgent(text)
  return `${client} ${browser} ${system}`
}

const webkit = 'AppleWebKit/537.36 (KHTML, like Gecko)'

test('browsers are known by what only they say', () => {
  const windows = `Mozilla/5.0 (Windows NT 10.0; Win64; x64) ${webkit} Chrome/126.0.0.0 Safari/537.36`
  assert.equal(read(windows), 'browser chrome windows')
  assert.equal(read(`${windows} Edg/126.0.0.0`), 'browser edge windows')
  assert.equal(read(`${windows} OPR/111.0.0.0`), 'browser other windows')
  assert.equal(read('Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0'), 'browser firefox linux')
})

test('telephones are not taken for the systems that they are like', () => {
  const iphone = 'Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) Version/17.4 Mobile/15E148 Safari/604.1'
  assert.equal(read(iphone), 'browser safari ios')
  const android = `Mozilla/5.0 (Linux; Android 14; Pixel 8) ${webkit} Chrome/126.0.0.0 Mobile Safari/537.36`
  assert.equal(read(android), 'browser chrome android')
})

test('programs that are no browsers are told apart', () => {
  assert.equal(read('Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)'), 'bot none none')
  assert.equal(read('Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/126.0.0.0 Safari/537.36'), 'headless chrome linux')
  assert.equal(read('python-requests/2.31.0'), 'script none none')
  assert.equal(read('okhttp/4.12.0'), 'app none none')
  assert.equal(read('Mozilla/5.0...'), 'unknown none none')
  assert.equal(read(''), 'empty none none')
})

test('a telephone called Cubot is no bot', () => {
  assert.equal(read('Mozilla/5.0 (Linux; Android 13; CUBOT P60) Chrome/126.0 Safari/537.36'), 'browser chrome android')
})

test('every known word counts, in capitals too', () => {
  const { agents } = readCases()
  assert.ok(agents.length > 50)
  for (const [text, ...expected] of agents) assert.equal(read(text), expected.join(' '), text)
})
