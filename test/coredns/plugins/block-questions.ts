/** Questions about the names that blocks know, and near misses. */
import { type Edns, NO_FLAGS } from '../../../libs/dns/message.ts';
import type { Asked } from '../questions.ts';
import { plain } from '../questions.ts';
import type { Random } from '../random.ts';
import { HOSTS } from './random-block.ts';

const LABELS = [
  ...['out', 'a.dn', 'many', 'a', 'y.wild'],
  ...['a', 'b', 'c', 'out', 'ns', 'many', 'x-b', 'y-a', 'h1', 'h2', 'to', 'alias', 'v4', 't'],
  ...['nothing', 'servfail', 'refused', 'name', 'wild', 'z.wild', 'y.wild', 'x.y.wild', 'q.y.wild'],
  ...['a.sub', 'ns.sub', 'sub', 'dn', 'a.dn', '_http._tcp', 'ip-10-1-2-3.ip', 'ip-10-1-2-300.ip'],
] as const;
const ZONES = [
  'example.org.',
  'example.org.',
  'example.net.',
  'sub.example.org.',
  'test.',
] as const;
const OTHERS = [
  ...['example.org.', 'example.net.', '.', 'localhost.', 'a.localhost.', 'localhost.example.org.'],
  ...['1.0.0.10.in-addr.arpa.', '9.0.0.10.in-addr.arpa.', '1.0.0.127.in-addr.arpa.'],
  ...['version.bind.', 'h5.example.com.', ...HOSTS.map((name) => `${name}.`)],
] as const;
const TYPES = [
  'A',
  'A',
  'A',
  'AAAA',
  'AAAA',
  'TXT',
  'MX',
  'CNAME',
  'NS',
  'SOA',
  'ANY',
  'SRV',
] as const;
const CLASS_CH = 3;

export function randomAsked(random: Random): Asked {
  const name = random.percent(75)
    ? `${random.pick(LABELS)}.${random.pick(ZONES)}`
    : (random.oneOf(OTHERS) ?? '.');
  const isReverse = name.endsWith('.arpa.');
  const isAboutServer = name === 'version.bind.';
  return {
    ...plain(inOddCase(random, name), isReverse ? 'PTR' : random.pick(TYPES)),
    // ANY behind a DNAME and rules of rewrite: of what, nobody can tell.
    ...(name.startsWith('a.dn.') && { type: random.pick(['A', 'AAAA', 'TXT', 'SRV', 'NS']) }),
    ...(isAboutServer && { type: 'TXT', class: CLASS_CH }),
    recursionDesired: random.percent(85) ? true : NO_FLAGS.recursionDesired,
    edns: random.percent(60) ? edns(random) : undefined,
    transport: random.percent(85) ? 'udp' : 'tcp',
  };
}

/** Their reply has the client's size, ours our own: those are the same here. */
function edns(random: Random): Edns {
  const options = random.percent(25) ? [{ code: 3, data: new Uint8Array() }] : [];
  return { udpSize: 1232, version: 0, dnssecOk: random.percent(20), options };
}

function inOddCase(random: Random, name: string): string {
  if (random.percent(90)) return name;
  return name.replace(/[a-z]/g, (letter) => (random.percent(50) ? letter.toUpperCase() : letter));
}
