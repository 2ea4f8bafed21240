/**
 * Has the compiler see every path of the answer before the first client does: a small table of its
 * own, and a few thousand made-up queries. Without this the first queries of a thread take ten
 * times as long.
 */
import { encode } from '../dns/encode.ts';
import { type EdnsOption, queryMessage } from '../dns/message.ts';
import type { RR } from '../dns/rrset.ts';
import { OPTION_COOKIE, SECRET_OCTETS } from '../dns/server-cookie.ts';
import { createAnswerer } from './answerer.ts';
import { setCookieSecrets } from './cookie-secrets.ts';
import { readerIo } from './layout.ts';
import { createTable } from './table-writer.ts';

/** Enough for the optimizing compiler, some 10 ms. */
const ROUNDS = 1500;
const TABLE_OCTETS = 1 << 17;
const NOW_SECONDS = 1_790_000_000;

export function warmAnswerer(): void {
  const table = createTable({ octets: TABLE_OCTETS });
  const apex = 'warm.test.';
  const soa: RR = { name: apex, type: 'SOA', ttl: 5, rdata: `ns.${apex} root.${apex} 1 1 1 1 5` };
  const addresses: readonly RR[] = Array.from({ length: 40 }, (_, i) => ({
    name: `many.${apex}`,
    type: 'A',
    ttl: 5,
    rdata: `192.0.2.${i}`,
  }));
  const shape = { type: 'A', authoritative: true, authority: [], additional: [] };
  table.setZone(1, { apex, soa, complete: true });
  table.put(`many.${apex}`, 0, 1, [{ ...shape, answer: addresses, rotate: true }]);
  table.put(`one.${apex}`, 0, 1, [{ ...shape, answer: addresses.slice(0, 1) }]);
  const times = { saidAtSeconds: NOW_SECONDS - 2, expiresAtSeconds: NOW_SECONDS + 60 };
  const cached = { ...times, denial: false };
  table.keep('cached.example.', 0, 0, { ...shape, answer: addresses.slice(0, 2), cached });
  const names = [
    `one.${apex}`,
    `many.${apex}`,
    `x.y.${apex}`,
    `NS.${apex}`,
    'cached.example.',
    '.',
  ];
  const queries = names.flatMap((name) =>
    ['A', 'AAAA'].flatMap((type) => [
      query(name, type, undefined),
      query(name, type, []),
      query(name, type, [{ code: OPTION_COOKIE, data: new Uint8Array(8) }]),
    ]),
  );
  setCookieSecrets(table.memory, [new Uint8Array(SECRET_OCTETS)]);
  const answerer = createAnswerer(table.memory, 0);
  const bytes = new Uint8Array(table.memory);
  const at = readerIo(0);
  for (let i = 0; i < ROUNDS; i++) {
    for (const packet of queries) {
      bytes.set(packet, at);
      answerer.answer(at, packet.length, 0, NOW_SECONDS, i & 1);
    }
    answerer.counter.endBatch(0.1);
  }
}

/** `options`: of its OPT; undefined: it has none. */
function query(name: string, type: string, options: readonly EdnsOption[] | undefined): Uint8Array {
  return encode(
    queryMessage(name, type, {
      id: 1,
      edns: options && { udpSize: 1232, version: 0, dnssecOk: true, options },
    }),
  );
}
