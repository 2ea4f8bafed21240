/**
 * Forgetting subjects of a stream, and how readers find out.
 *
 *   mark, appended after the position that is known ──► delete the entries of each subject, the
 *     its id says the last position of all              oldest first, up to that of the last
 *                 ▲
 *   a reader who goes on from before that position starts over
 *
 * The mark comes first: it is the fence that keeps a deposed writer from deleting, and a reader who
 * finds nothing of a subject finds the mark. Of a subject whose deleting is cut off the last word
 * stays, which is that there is nothing.
 *
 * Entries are deleted one by one. A purge by subject would be one request, but NATS 2.9 has
 * consumers skip all that they were not sent yet when nothing is left of the subject.
 */
import type { NextMsgRequest, SeqMsgRequest } from '@nats-io/jetstream';
import type { Entry, Outdated, Position } from '../log/log.ts';
import { MARK_TAIL } from '../log/log.ts';
import { ID_HEADER } from './append.ts';
import type { Nats } from './connection.ts';
import type { StreamName } from './stream.ts';

const UP_TO = '.forgotten-up-to-';

/** An entry as it is stored: the id of a mark says up to where readers may miss something. */
export function asStored(entry: Entry): Entry {
  const { id, forgets } = entry;
  return forgets === undefined ? entry : { ...entry, id: `${id}${UP_TO}${forgets}` };
}

/** May be repeated. */
export async function deleteOutdated(
  { manager }: Nats,
  { stream }: StreamName,
  outdated: readonly Outdated[],
): Promise<void> {
  for (const { subject, position } of outdated) {
    for (let seq = 1; seq <= position; seq += 1) {
      const query: SeqMsgRequest & NextMsgRequest = { seq, next_by_subj: subject };
      const next = await manager.streams.getMessage(stream, query);
      if (next === null || next.seq > position) break;
      await manager.streams.deleteMessage(stream, next.seq, false);
      seq = next.seq;
    }
  }
}

/** Up to where the last mark says, 0 if there is none. By the stream's leader. */
export async function forgottenUpTo(
  { manager }: Nats,
  { stream, prefix }: StreamName,
): Promise<Position> {
  const query = { last_by_subj: `${prefix}${MARK_TAIL.slice(1)}` };
  const mark = await manager.streams.getMessage(stream, query);
  const id = mark?.header?.get(ID_HEADER) ?? '';
  return Number(id.split(UP_TO).at(1) ?? 0);
}
