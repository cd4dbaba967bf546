import { test } from 'node:test'
import { killedFolder, lastWrite, tearOff } from './torn-journal.ts'

test('a journal that was torn off anywhere within its last write loses that one only', async t => {
  const cuts = Array.from({ length: lastWrite / 4 }, (_, index) => 4 * index + 1)
  await tearOff(t, await killedFolder(t), cuts)
})
