/** For tests: a zone as a zone file has it, a table that holds it, and its answers as text. */
import { decode } from '../dns/decode.ts';
import type { Message } from '../dns/message.ts';
import { formatRecord } from '../dns/presentation.ts';
import { DROP } from './answerer.ts';
import { asking, loadZone } from './asking.ts';
import { createTable } from './table-writer.ts';

export const SOA =
  'cluster.local. 5 IN SOA ns.dns.cluster.local. hostmaster.cluster.local. 7 7200 1800 86400 5';
const endpoints = Array.from({ length: 40 }, (_, i) => `10.0.1.${i}`);
export const ZONE = `
  ${SOA}
  cluster.local. 5 IN NS ns.dns.cluster.local.
  ns.dns.cluster.local. 5 IN A 10.96.0.10
  web.shop.svc.cluster.local. 5 IN A 10.0.0.1
  web.shop.svc.cluster.local. 5 IN AAAA fd00::1
  db.shop.svc.cluster.local. 5 IN A 10.0.2.1
  db.shop.svc.cluster.local. 5 IN A 10.0.2.2
  db.shop.svc.cluster.local. 5 IN A 10.0.2.3
  ${endpoints.map((ip) => `many.shop.svc.cluster.local. 5 IN A ${ip}`).join('\n')}
  _http._tcp.web.shop.svc.cluster.local. 5 IN SRV 0 100 80 web.shop.svc.cluster.local.
  _pg._tcp.db.shop.svc.cluster.local. 5 IN SRV 0 50 5432 db.shop.svc.cluster.local.
  _pg._tcp.db.shop.svc.cluster.local. 5 IN SRV 0 50 5433 db.shop.svc.cluster.local.
  dns-version.cluster.local. 5 IN TXT "1.1.0"
`;

export const given = (octets = 1 << 20) => {
  const table = createTable({ octets, seed: 1 });
  return { table, zone: loadZone(table, 1, ZONE), ask: asking(table) };
};

/** Section texts of a response, or what was said instead. */
export const read = (response: Uint8Array | number) => {
  if (typeof response === 'number') return response === DROP ? 'dropped' : 'handed over';
  const decoded = decode(response);
  if (decoded.kind !== 'message') return 'malformed';
  const { rcode, flags, answer, authority, additional } = decoded.message;
  const text = (section: Message['answer']) => section.map(formatRecord);
  return {
    rcode,
    truncated: flags.truncated,
    answer: text(answer),
    authority: text(authority),
    additional: text(additional),
  };
};
