/** What kind of program says that it is asking. */
export const clients = ['empty', 'bot', 'headless', 'script', 'app', 'browser', 'unknown'] as const

/** One of {@link clients}: an app is a phone's HTTP library, a script that of a programming language. */
export type Client = (typeof clients)[number]

/** Families of browsers. */
export const browsers = ['chrome', 'safari', 'firefox', 'edge', 'other', 'none'] as const

/** One of {@link browsers}. */
export type Browser = (typeof browsers)[number]

/** Operating systems. */
export const systems = ['windows', 'mac', 'linux', 'android', 'ios', 'none'] as const

/** One of {@link systems}. */
export type System = (typeof systems)[number]

/** What a user agent says of itself. */
export interface UserAgent {
  readonly client: Client
  readonly browser: Browser
  readonly system: System
}

// The first that is found counts: every browser also names those it wants to be taken for.
const clientWords: readonly [Client, RegExp][] = [
  ['empty', /^[ \t\r\n]*$/],
  ['bot', /(?<!cu)bot|crawl|spider|slurp|scan|monitor/i],
  ['headless', /headless|phantomjs|selenium|puppeteer|playwright/i],
  ['script', /curl\/|wget\/|python|java\/|go-http|axios|node-fetch|undici|libwww|httpclient|scrapy|ruby|php\//i],
  ['app', /okhttp|cfnetwork|dalvik/i]
]

const browserWords: readonly [Browser, RegExp][] = [
  ['edge', /edg(?:e|a|ios)?\//i],
  ['other', /opr\/|opera|samsungbrowser|ucbrowser|yabrowser|vivaldi/i],
  ['firefox', /firefox\/|fxios\//i],
  ['chrome', /chrome\/|chromium\/|crios\//i],
  ['safari', /safari\//i]
]

const systemWords: readonly [System, RegExp][] = [
  ['ios', /iphone|ipad|ipod/i],
  ['android', /android/i],
  ['windows', /windows/i],
  ['mac', /mac os x|macintosh|darwin/i],
  ['linux', /linux|x11|cros/i]
]

/** Read a user agent by the words in it. Time O(length). */
export function readUserAgent(text: string): UserAgent {
  const browser = firstOf(browserWords, text) ?? 'none'
  const client = firstOf(clientWords, text) ?? (browser === 'none' ? 'unknown' : 'browser')
  return { client, browser, system: firstOf(systemWords, text) ?? 'none' }
}

function firstOf<Name>(words: readonly [Name, RegExp][], text: string): Name | undefined {
  return words.find(([, pattern]) => pattern.test(text))?.[0]
}
