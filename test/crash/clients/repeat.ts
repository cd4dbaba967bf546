import type { Answered } from '../ledger.ts'
import { type ClientDeps } from './client.ts'

/** Ask again what was answered before: the answer must be the same bytes, and say that it is a repeat. */
export async function repeat(
  { ask, answer, tellsRepeat }: Answered,
  { asker, findings, tally }: Pick<ClientDeps, 'asker' | 'findings' | 'tally'>
): Promise<void> {
  const again = await asker.until(ask)
  const where = `${ask.service}${ask.path} ${ask.body?.slice(0, 200)}`
  findings.equal('a repeat gets the same bytes', {
    got: `${again.status} ${again.body}`,
    wanted: `${answer.status} ${answer.body}`,
    where
  })
  if (tellsRepeat && !again.isReplay) findings.add('a repeat says that it is one', where)
  tally.count('repeats')
}
