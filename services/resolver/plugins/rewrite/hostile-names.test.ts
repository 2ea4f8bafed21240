/** Names that nobody would register, and that anybody may ask for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decode } from '../../../../libs/dns/decode.ts';
import { encode } from '../../../../libs/dns/encode.ts';
import { nameFromWire, nameToWire } from '../../../../libs/dns/name.ts';
import { parseRecord } from '../../../../libs/dns/presentation.ts';
import { queryOf } from '../../../../test/plugin/ask-plugin.ts';
import { rewriting } from '../../../../test/plugin/rewriting.ts';
import { QueryFailure } from '../../query-failure.ts';
import { replyTo } from '../../reply.ts';
import { emptyResponse } from '../../response.ts';

/** One rule each way, so that every name meets several. */
const RULES = [
  'continue name regex ^((a|\\.|[0-9])*)*\\\\(.*)$ {1}{3}',
  'continue name regex ^(.*)-(.*)-(.*)$ {3}.{2}.{1}.x answer auto',
  'continue name substring b.b c.c answer auto',
  'continue name substring . .d.',
  'continue name prefix a b answer value (.*) {1}x',
  'continue name suffix .a. .b.b. answer auto',
  'continue name regex \\{1\\}(.*) {1}{1}{0} answer name ^(.*)\\.(.*)$ {1}{2}.y.{1}',
  'continue ttl substring a 5',
  'continue rcode regex (.*) NXDOMAIN NOERROR',
  'continue cname regex ^(.*)a {1}',
  'continue edns0 local set 0xffee {qname}',
].map((rule) => `rewrite ${rule}`);

const octet = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...[...'ab.-\\{}1"; '].map((c) => c.charCodeAt(0))) },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) },
);
const label = fc.array(octet, { minLength: 1, maxLength: 63 });
/** As a message has it: any octets in labels, at most 255 of them. */
const name = fc.array(label, { maxLength: 20 }).map((labels) => {
  const wire = labels.flatMap((octets) => [octets.length, ...octets]);
  const kept: number[] = [];
  for (let at = 0; at < wire.length; at += 1 + (wire[at] ?? 0)) {
    const next = wire.slice(at, at + 1 + (wire[at] ?? 0));
    if (kept.length + next.length > 254) break;
    kept.push(...next);
  }
  return nameFromWire(Uint8Array.from([...kept, 0]), 0)?.name ?? '.';
});

test('are answered, or fail for a reason that can be told', async () => {
  const { plugin } = rewriting(RULES.join('\n'));
  let answered = 0;
  const property = fc.asyncProperty(name, async (asked) => {
    const query = queryOf(asked, 'A');
    try {
      const response = await plugin.handle?.(query, async (below) => {
        nameToWire(below.question.name);
        const target = `t.${below.question.name === '.' ? '' : below.question.name}`;
        const lines = [`${below.question.name} 60 IN MX 10 ${below.question.name}`];
        if (target.length < 200) lines.push(`${below.question.name} 60 IN CNAME ${target}`);
        return { ...emptyResponse(0), answer: lines.map(parseRecord) };
      });
      assert.ok(response !== undefined);
      const packet = encode(replyTo(query.message, response, true));
      const decoded = decode(packet);
      assert.equal(decoded.kind, 'message');
      answered++;
    } catch (error) {
      assert.ok(error instanceof QueryFailure, String(error));
    }
  });
  await fc.assert(property, { numRuns: 500 });
  assert.ok(answered > 50, `${answered}`);
});
