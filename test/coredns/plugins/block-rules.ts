/** What may differ, and why: CoreDNS's reply is mended by each rule that applies. */
import type { Message } from '../../../libs/dns/message.ts';
import { isEqual, type Reply } from '../reply.ts';
import type { BlockRule, Given } from './given.ts';
import { withRecords } from './given.ts';
import { AUTOPATH_RULES } from './rules-autopath.ts';
import { CACHE_RULES } from './rules-cache.ts';
import { MESSAGE_RULES } from './rules-message.ts';
import { SMALL_RULES } from './rules-small.ts';
import { SOURCE_RULES } from './rules-sources.ts';

/** What is said first, then how. */
export const BLOCK_RULES: readonly BlockRule[] = [
  ...AUTOPATH_RULES,
  ...SOURCE_RULES,
  ...SMALL_RULES,
  ...CACHE_RULES,
  ...MESSAGE_RULES,
];

type MessageReply = Extract<Reply, { kind: 'message' }>;

interface Replies extends Pick<Given, 'asked' | 'block' | 'blockOf'> {
  readonly theirs: Reply;
  readonly ours: Reply;
  readonly uncached: Reply | undefined;
  readonly walk: readonly { readonly name: string; readonly reply: Reply }[];
  readonly types: readonly Reply[];
}

export function explain({ theirs, ours, uncached, walk, types, ...where }: Replies) {
  const rules: string[] = [];
  if (theirs.kind !== 'message' || ours.kind !== 'message') {
    return { expected: theirs, actual: ours, rules };
  }
  const norm = (message: Message) => normal(message, uncached !== undefined);
  const all = (replies: readonly Reply[]) =>
    replies.flatMap((reply) => (reply.kind === 'message' ? [norm(reply.message)] : []));
  const own = norm(ours.message);
  const steps = walk.flatMap(({ name, reply }) => all([reply]).map((said) => ({ name, said })));
  const [before] = all(uncached ? [uncached] : []);
  const given = {
    ...where,
    own,
    octets: theirs.octets,
    uncached: before,
    walk: steps,
    types: all(types),
  };
  let expected: MessageReply = { ...theirs, message: norm(theirs.message) };
  for (const { name, mend } of BLOCK_RULES) {
    const message = mend(expected.message, given);
    if (message === undefined) continue;
    const next: MessageReply = { ...expected, message };
    if (!isEqual(next, expected)) rules.push(name);
    expected = next;
  }
  return { expected, actual: { ...ours, message: own }, rules };
}

/**
 * How much is left of what was cut is up to each, and whoami says from which port was asked.
 * Seconds go by between two questions: what is cached is compared by tens of seconds.
 */
function normal(message: Message, isCached: boolean): Message {
  const none = { answer: [], authority: [], additional: [] };
  if (message.flags.truncated) return { ...message, ...none };
  return withRecords(message, ({ ttl, ...record }) => ({
    ...record,
    rdata: record.rdata.replace(/^0 0 \d+ \.$/, '0 0 PORT .'),
    ttl: isCached ? Math.ceil(ttl / 10) * 10 : ttl,
  }));
}
